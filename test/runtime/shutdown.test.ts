import { EventEmitter } from 'node:events';
import { createLogger } from '../../runtime/logger';
import { installShutdown, type ShutdownPhase } from '../../runtime/shutdown';
import { until } from '../support/until';

const log = createLogger({ name: 'test', level: 'silent' });

function install(phases: readonly ShutdownPhase[], limitMs = 5_000) {
  const signals = new EventEmitter();
  const codes: number[] = [];
  const exit = (code: number): void => void codes.push(code);
  return { signals, codes, shutdown: installShutdown({ phases, log, limitMs, exit, signals }) };
}

const never = (): Promise<void> => new Promise(() => undefined);

describe('installShutdown', () => {
  it.each(['SIGTERM', 'SIGINT'])(
    'runs the phases in order on %s and exits with 0',
    async (signal) => {
      const events: string[] = [];
      const slow = async (): Promise<void> => {
        events.push('server begins');
        await new Promise((resolve) => setTimeout(resolve, 20));
        events.push('server ends');
      };
      const { signals, codes, shutdown } = install([
        { name: 'server', limitMs: 1_000, run: slow },
        { name: 'pool', limitMs: 1_000, run: () => void events.push('pool') },
      ]);

      expect(shutdown.isStopping).toBe(false);
      signals.emit(signal, signal);
      expect(shutdown.isStopping).toBe(true);
      await until(() => codes.length > 0);

      expect(events).toEqual(['server begins', 'server ends', 'pool']);
      expect(codes).toEqual([0]);
    },
  );

  it('cuts a phase short at its limit and goes on to the next', async () => {
    let isPoolClosed = false;
    const { codes, shutdown } = install([
      { name: 'requests', limitMs: 30, run: never },
      { name: 'pool', limitMs: 1_000, run: () => void (isPoolClosed = true) },
    ]);

    await shutdown.stop('test');

    expect(isPoolClosed).toBe(true);
    expect(codes).toEqual([0]);
  });

  it('goes on after a phase that fails and exits with 1', async () => {
    let isPoolClosed = false;
    const { codes, shutdown } = install([
      { name: 'server', limitMs: 1_000, run: () => Promise.reject(new Error('no')) },
      { name: 'pool', limitMs: 1_000, run: () => void (isPoolClosed = true) },
    ]);

    await shutdown.stop('test');

    expect(isPoolClosed).toBe(true);
    expect(codes).toEqual([1]);
  });

  it('exits with 1 at once on a second signal', async () => {
    const { signals, codes } = install([{ name: 'server', limitMs: 200, run: never }]);

    signals.emit('SIGTERM', 'SIGTERM');
    expect(codes).toEqual([]);
    signals.emit('SIGINT', 'SIGINT');

    expect(codes).toEqual([1]);
    await until(() => codes.length === 2);
  });

  it('exits with 1 when all phases together take too long', async () => {
    const { codes, shutdown } = install([{ name: 'server', limitMs: 300, run: never }], 50);

    void shutdown.stop('test');
    await until(() => codes.length > 0);

    expect(codes[0]).toBe(1);
    await shutdown.stop('test');
  });

  it('runs once however often it is asked to, and lets go of the signals', async () => {
    let runs = 0;
    const { signals, shutdown } = install([{ name: 'one', limitMs: 100, run: () => void runs++ }]);

    await Promise.all([shutdown.stop('a'), shutdown.stop('b')]);
    shutdown.dispose();

    expect(runs).toBe(1);
    expect(signals.listenerCount('SIGTERM')).toBe(0);
    expect(signals.listenerCount('SIGINT')).toBe(0);
  });
});
