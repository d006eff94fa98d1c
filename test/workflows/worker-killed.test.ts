import { join } from 'node:path';
import { startChild } from '../../dev/child-process';
import { afterFile } from '../support/after-file';
import { untilHandedOver, untilWaiting } from './tell';
import { historyOf, keep, resultOf, startWorld, type World } from './world';

/** What waits for a dead worker waits until the server has noticed, about ten seconds. */
const STORY_MS = 120_000;

describe('a dispatch whose worker is killed', () => {
  let world: World;
  let waiting: string;
  let sending: string;
  beforeAll(async () => {
    world = await startWorld();
    const { product } = world;
    waiting = await product.dispatch([
      { channel: 'viber_service_msg', to: '447700990200', expiry: 8 },
      { channel: 'sms', to: '447700900001' },
    ]);
    await untilWaiting(world, waiting);
    sending = await product.dispatch([
      { channel: 'viber_service_msg', to: '447700990100', expiry: 60 },
      { channel: 'sms', to: '447700900001' },
    ]);
    await untilHandedOver(world, sending);
    product.stack.parts.worker?.kill('SIGKILL');
    await product.stack.parts.worker?.exited;
    await startWorker();
  }, 90_000);

  it(
    'waits on in the next worker, and fails over at its expiry',
    async () => {
      expect(await resultOf(world, waiting)).toEqual({
        status: 'completed',
        cause: 'condition_met',
      });

      const { steps } = await world.product.view(waiting);
      expect(steps.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
        'failed_over',
        'met',
      ]);
      expect(steps.map(({ attempts }: { attempts: unknown[] }) => attempts.length)).toEqual([1, 1]);
      await keep('worker-killed-waiting', await historyOf(world, waiting));
    },
    STORY_MS,
  );

  it(
    'takes the receipt of what was being handed over, and sends it only once',
    async () => {
      expect(await resultOf(world, sending)).toEqual({
        status: 'completed',
        cause: 'condition_met',
      });

      const { steps } = await world.product.view(sending);
      expect(steps[0].outcome).toBe('met');
      expect(steps.map(({ attempts }: { attempts: unknown[] }) => attempts.length)).toEqual([1, 0]);
      await keep('worker-killed-sending', await historyOf(world, sending));
    },
    STORY_MS,
  );

  /** A worker like the one that was killed. */
  async function startWorker(): Promise<void> {
    const { stack } = world.product;
    const child = await startChild({
      name: 'the next worker',
      command: process.execPath,
      args: [join(process.cwd(), 'dist', 'worker', 'main.js')],
      graceMs: 32_000,
      env: {
        ...process.env,
        LOG_LEVEL: 'warn',
        OUTBOUND_ALLOW: '127.0.0.0/8',
        DATABASE_URL: stack.databaseUrl,
        TEMPORAL_ADDRESS: stack.temporal.address,
        TEMPORAL_NAMESPACE: stack.temporal.namespace,
        SECRETS_KEYS: stack.secretsKeys,
        PUBLIC_URL: stack.apiUrl,
      },
    });
    afterFile(() => child.stop());
  }
});
