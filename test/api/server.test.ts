import { connect } from 'node:net';
import { createReadyz } from '../../api/health';
import { startServer } from '../../api/server';
import { createLogger } from '../../runtime/logger';
import { until } from '../support/until';
import { basicHeaders, call, rawCall, startFrame, type Frame } from './frame';

const frames: Frame[] = [];
afterAll(() => Promise.all(frames.map((frame) => frame.close())));

async function frameWith(options: Parameters<typeof startFrame>[0] = {}): Promise<Frame> {
  const frame = await startFrame(options);
  frames.push(frame);
  return frame;
}

function problemOf(answer: string): Record<string, unknown> {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}

describe('the server', () => {
  it('answers what is no HTTP with a 400 problem and closes', async () => {
    const answer = await rawCall(await frameWith(), 'NOT HTTP\r\n\r\n');

    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(problemOf(answer).instance).toMatch(/^[0-9a-f]{32}$/);
  });

  it('answers headers beyond 16 KiB with 431', async () => {
    const request = `GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`;
    const answer = await rawCall(await frameWith(), request);

    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(problemOf(answer).detail).toBe('The request headers are too long.');
  });

  it.each([
    ['headers', 'POST /v0.1/dispatch HTTP/1.1\r\nHost: x\r\n'],
    [
      'a body',
      `POST /v0.1/dispatch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${basicHeaders().authorization}\r\nContent-Length: 100\r\n\r\n{`,
    ],
  ])('answers %s that drip with 408', async (_what, text) => {
    const frame = await frameWith({ server: { timeouts: { headersMs: 200, requestMs: 300 } } });

    const answer = await rawCall(frame, text);

    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(problemOf(answer).title).toBe('Request timed out');
    expect(frame.handled()).toBe(0);
  });

  it('goes on when a caller leaves in the middle of its body', async () => {
    const logLines: string[] = [];
    const frame = await frameWith({ logLines });
    const socket = connect(frame.port, '127.0.0.1');
    const probe = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(`${probe}POST /webhooks/t HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
    await new Promise((resolve) => socket.once('data', resolve));

    socket.destroy();

    expect((await call(frame, { method: 'GET', path: '/livez' })).status).toBe(200);
    expect(frame.handled()).toBe(0);
    expect(logLines.join('')).not.toContain('"error"');
  });

  it('takes no more connections than it may', async () => {
    const frame = await frameWith({ server: { maxSockets: 1 } });
    const first = connect(frame.port, '127.0.0.1');
    await until(() => !first.connecting);

    await expect(call(frame, { method: 'GET', path: '/livez' })).rejects.toThrow();

    first.destroy();
    const answers = (): Promise<boolean> =>
      call(frame, { method: 'GET', path: '/livez' }).then(
        () => true,
        () => false,
      );
    expect(await until(answers)).toBe(true);
  });

  it('stops when running requests have ended, and closes idle connections at once', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let hasBegun = false;
    const check = (): Promise<void> => {
      hasBegun = true;
      return held;
    };
    const frame = await frameWith({ checks: [{ name: 'slow', check, limitMs: 5_000 }] });
    const idle = connect(frame.port, '127.0.0.1');
    idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    const running = call(frame, { method: 'GET', path: '/readyz' });
    await until(() => hasBegun);
    let stopped = false;

    const stop = frame.stop().then(() => (stopped = true));
    await new Promise((resolve) => idle.once('close', resolve));
    expect(stopped).toBe(false);
    release();

    expect((await running).status).toBe(200);
    await stop;
    await expect(call(frame, { method: 'GET', path: '/livez' })).rejects.toThrow('ECONNREFUSED');
  });

  it('says when its port is taken', async () => {
    const frame = await frameWith();
    const options = { apiHost: '127.0.0.1', apiPort: frame.port, maxSockets: 1 };

    await expect(startServer(() => undefined, options)).rejects.toThrow('EADDRINUSE');
  });
});

describe('health', () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const readyz = async (frame: Frame): Promise<[number, unknown]> => {
    const answer = await call(frame, { method: 'GET', path: '/readyz' });
    return [answer.status, answer.json()];
  };

  it('/livez asks for nothing but the process', async () => {
    const failing = { name: 'postgres', check: () => Promise.reject(new Error('away')) };
    const frame = await frameWith({ checks: [failing] });

    expect((await call(frame, { method: 'GET', path: '/livez' })).json()).toEqual({
      status: 'alive',
    });
  });

  it('/readyz is 200 when all checks pass', async () => {
    const frame = await frameWith({ checks: [{ name: 'postgres', check: async () => undefined }] });

    expect(await readyz(frame)).toEqual([200, { status: 'ready', checks: { postgres: 'ok' } }]);
  });

  it('/readyz is 503 when one fails or does not answer in time, and keeps the reason to itself', async () => {
    const frame = await frameWith({
      checks: [
        { name: 'postgres', check: () => Promise.reject(new Error('password hunter2')) },
        { name: 'temporal', check: () => new Promise(() => undefined), limitMs: 50 },
        { name: 'schema', check: async () => 'fine' },
      ],
    });

    expect(await readyz(frame)).toEqual([
      503,
      { status: 'not ready', checks: { postgres: 'failed', temporal: 'failed', schema: 'ok' } },
    ]);
  });

  it('/readyz is 503 as soon as the process stops', async () => {
    let isStopping = false;
    const frame = await frameWith({ isStopping: () => isStopping });
    expect((await readyz(frame))[0]).toBe(200);

    isStopping = true;

    expect(await readyz(frame)).toEqual([503, { status: 'stopping' }]);
  });

  it('/readyz runs its checks once for many who ask at the same time', async () => {
    let runs = 0;
    const check = async (): Promise<void> => void (runs += 1);
    const handler = createReadyz({
      checks: [{ name: 'one', check }],
      isStopping: () => false,
      log,
    });

    await Promise.all(Array.from({ length: 10 }, async () => handler({} as never)));

    expect(runs).toBe(1);
  });
});
