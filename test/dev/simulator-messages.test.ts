import type { Simulator } from '../../dev/simulator/simulator';
import { startSimulator } from '../../dev/simulator/simulator';
import { until } from '../support/until';
import type { CallOptions, CallResult, ReceiptTarget } from './simulator-client';
import { call, startReceiptTarget } from './simulator-client';

let simulator: Simulator;
let target: ReceiptTarget;

beforeEach(async () => {
  target = await startReceiptTarget();
  simulator = await startSimulator({ apiKeys: ['simulator-key', 'second-key'] });
});

afterEach(async () => {
  await simulator.close();
  await target.close();
});

function send(message: object = {}, options: CallOptions = {}): Promise<CallResult> {
  return call(`${simulator.url}/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'simulator-key' },
    body: {
      to: '447700900001',
      from: '447700900000',
      channel: 'sms',
      text: 'hello',
      content: { type: 'text', text: 'hello' },
      ref: 'message-1',
      receiptUrl: target.url,
      ttl: 600,
      ...message,
    },
    ...options,
  });
}

function jsonOf(result: CallResult): Record<string, unknown> {
  return JSON.parse(result.text) as Record<string, unknown>;
}

describe('POST /messages', () => {
  it('answers 202 with an id and keeps the message in the log', async () => {
    const result = await send();

    const { id } = jsonOf(result);
    expect(result.status).toBe(202);
    expect(id).toMatch(/^sim-/);
    expect(simulator.log()).toEqual([
      expect.objectContaining({
        ref: 'message-1',
        to: '447700900001',
        from: '447700900000',
        channel: 'sms',
        text: 'hello',
        ttl: 600,
        id,
        times: 1,
        deliveries: 1,
        tries: [expect.objectContaining({ id, taken: true, answered: 202, by: 'usual' })],
      }),
    ]);
  });

  it.each(['', 'another-key'])('answers 401 to the key %j', async (key) => {
    const result = await send({}, { headers: { 'x-api-key': key } });

    expect(result.status).toBe(401);
    expect(jsonOf(result)).toMatchObject({ class: 'auth' });
    expect(simulator.log()).toEqual([]);
  });

  it.each(['{', { channel: 'sms' }])('answers 400 to the body %j', async (body) => {
    const result = await send({}, { body });

    expect(result.status).toBe(400);
    expect(simulator.log()).toEqual([]);
  });

  it('sends twice when a ref comes twice', async () => {
    const first = await send();
    const second = await send();

    expect(jsonOf(second)['id']).not.toBe(jsonOf(first)['id']);
    expect(simulator.log()).toEqual([expect.objectContaining({ times: 2, deliveries: 2 })]);
  });

  it('gives the same id and delivers once when native idempotency is on', async () => {
    simulator.setDial({ nativeIdempotency: true });

    const first = await send();
    const second = await send();

    expect(jsonOf(second)).toEqual(jsonOf(first));
    expect(simulator.log()).toEqual([expect.objectContaining({ times: 2, deliveries: 1 })]);
    await until(() => target.posted.length === 2);
    expect(target.statuses()).toEqual(['submitted', 'delivered']);
  });
});

describe('answer dials', () => {
  it('answers late', async () => {
    simulator.setDial({ answerAfterMs: 150 });

    const result = await send();

    expect(result.status).toBe(202);
    expect(result.ms).toBeGreaterThanOrEqual(145);
  });

  it('refuses with class and code, and posts no receipt', async () => {
    simulator.setDial({
      answer: { kind: 'refuse', status: 404, class: 'recipient_invalid', code: 1300, reason: 'No' },
      statuses: [{ status: 'delivered' }],
    });

    const result = await send();

    expect(result.status).toBe(404);
    expect(jsonOf(result)).toEqual({ class: 'recipient_invalid', code: 1300, reason: 'No' });
    expect(simulator.log()).toEqual([expect.objectContaining({ deliveries: 0, receipts: [] })]);
  });

  it('answers 429 with and without Retry-After', async () => {
    simulator.setDial({ answer: { kind: 'rate_limit' } });
    const bare = await send();
    simulator.setDial({ answer: { kind: 'rate_limit', retryAfter: 7 } });
    const dated = await send();

    expect([bare.status, bare.headers['retry-after']]).toEqual([429, undefined]);
    expect([dated.status, dated.headers['retry-after']]).toEqual([429, '7']);
  });

  it('fails each message so many times, then accepts it', async () => {
    simulator.setDial({ answer: { kind: 'fail', status: 502, times: 2 } });

    const statuses = [];
    for (const ref of ['a', 'a', 'b', 'a', 'b', 'b']) {
      statuses.push((await send({ ref })).status);
    }

    expect(statuses).toEqual([502, 502, 502, 202, 502, 202]);
  });

  it('fails so many tries of all messages together when it counts per dial', async () => {
    simulator.setDial({ answer: { kind: 'fail', times: 2, timesPer: 'dial' } });

    const statuses = [];
    for (const ref of ['a', 'b', 'c']) {
      statuses.push((await send({ ref })).status);
    }

    expect(statuses).toEqual([503, 503, 202]);
  });

  it('hangs without taking the message', async () => {
    simulator.setDial({ answer: { kind: 'hang' } });

    const result = await send({}, { ...keyed(), timeoutMs: 200 });

    expect([result.status, result.failure]).toEqual([undefined, 'timeout']);
    expect(simulator.log()[0]).toMatchObject({ times: 1, deliveries: 0 });
  });

  it('hangs and still delivers when the message is taken', async () => {
    simulator.setDial({ answer: { kind: 'hang', taken: true } });

    const result = await send({}, { ...keyed(), timeoutMs: 200 });

    expect(result.failure).toBe('timeout');
    expect(simulator.log()[0]).toMatchObject({ deliveries: 1 });
    await until(() => target.statuses().includes('delivered'));
  });

  it('takes the message and drops the connection without an answer', async () => {
    simulator.setDial({ answer: { kind: 'drop' } });

    const result = await send();

    expect([result.status, result.failure]).toEqual([undefined, 'ECONNRESET']);
    expect(simulator.log()[0]).toMatchObject({ deliveries: 1 });
    await until(() => target.statuses().includes('delivered'));
  });

  it('cuts the answer halfway', async () => {
    simulator.setDial({ answer: { kind: 'cut' } });

    const result = await send();

    const length = Number(result.headers['content-length']);
    expect([result.status, result.failure]).toEqual([202, 'ECONNRESET']);
    expect(result.text.length).toBe(Math.floor(length / 2));
    expect(simulator.log()[0]).toMatchObject({ deliveries: 1 });
  });

  function keyed(): CallOptions {
    const body = { to: '447700900001', channel: 'sms', ref: 'message-1', receiptUrl: target.url };
    return { headers: { 'x-api-key': 'simulator-key' }, body };
  }
});

describe('matching', () => {
  it('lets the most specific dial decide, whatever was set last', async () => {
    simulator.setDial({ to: '447700900001', answer: { kind: 'refuse', status: 404 } });
    simulator.setDial({ channel: 'sms', answer: { kind: 'refuse', status: 410 } });
    simulator.setDial({ answer: { kind: 'fail' } });

    const statuses = [
      (await send()).status,
      (await send({ to: '447700900002' })).status,
      (await send({ channel: 'whatsapp' })).status,
    ];

    expect(statuses).toEqual([404, 410, 404]);
    expect((await send({ to: '447700900002', channel: 'mms' })).status).toBe(503);
  });

  it('layers dials: one gives the answer, another the delay', async () => {
    simulator.setDial({ answerAfterMs: 100 });
    simulator.setDial({ toSuffix: '0001', answer: { kind: 'fail' } });

    const result = await send();

    expect(result.status).toBe(503);
    expect(result.ms).toBeGreaterThanOrEqual(95);
  });

  it('tells accounts apart by their key', async () => {
    simulator.setDial({ apiKey: 'simulator-key', answer: { kind: 'fail' } });

    const first = await send();
    const second = await send({}, { headers: { 'x-api-key': 'second-key' } });

    expect([first.status, second.status]).toEqual([503, 202]);
  });

  it('applies to a share of messages: none at 0, all at 1', async () => {
    simulator.setDial({ name: 'share', rate: 0, answer: { kind: 'fail' } });
    const none = await send();
    simulator.setDial({ name: 'share', rate: 1, answer: { kind: 'fail' } });
    const all = await send();

    expect([none.status, all.status]).toEqual([202, 503]);
  });

  it('is undone when the dials are cleared', async () => {
    const name = simulator.setDial({ answer: { kind: 'fail' } });
    simulator.setDial({ name: 'other', channel: 'sms', answerAfterMs: 1 });
    simulator.clearDials(name);

    expect((await send()).status).toBe(202);
  });
});
