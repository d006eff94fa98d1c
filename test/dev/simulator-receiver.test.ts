import { createHash } from 'node:crypto';

import { SignJWT } from 'jose';
import { Webhook } from 'standardwebhooks';

import type { Simulator } from '../../dev/simulator/simulator';
import { startSimulator } from '../../dev/simulator/simulator';
import type { CallResult } from './simulator-client';
import { call } from './simulator-client';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const STATUS = JSON.stringify({
  message_uuid: 'message-1',
  status: 'delivered',
  _links: { workflow: { dispatch_uuid: 'dispatch-1' } },
});
const REPORT = JSON.stringify({
  dispatch_uuid: 'dispatch-2',
  template: 'failover',
  status: 'completed',
});

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ receiverSecrets: [OTHER, SECRET] });
});

afterEach(() => simulator.close());

function post(
  body: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/callbacks',
): Promise<CallResult> {
  return call(`${simulator.url}${path}`, { method: 'POST', body, headers, timeoutMs: 200 });
}

async function signed(
  body: string,
  secret = SECRET,
  at = new Date(),
): Promise<Record<string, string>> {
  const jwt = await new SignJWT({
    payload_hash: createHash('sha256').update(body).digest('hex'),
    api_key: 'abcd1234',
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('Vonage')
    .setJti('1')
    .setIssuedAt(at)
    .sign(Buffer.from(secret));
  return {
    'webhook-id': 'webhook-1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('webhook-1', at, body),
    authorization: `Bearer ${jwt}`,
  };
}

function verdicts(): string[] {
  return simulator
    .callbacks()
    .map((entry) => `${entry.standardWebhooks.verdict} ${entry.vonageJwt.verdict}`);
}

describe('signatures', () => {
  it('are valid when any known secret fits', async () => {
    await post(STATUS, await signed(STATUS));
    await post(STATUS, await signed(STATUS, OTHER));

    expect(verdicts()).toEqual(['valid valid', 'valid valid']);
  });

  it('are invalid under another secret, over another body, and when too old', async () => {
    const stranger = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    await post(STATUS, await signed(STATUS, stranger));
    await post(REPORT, await signed(STATUS));
    await post(STATUS, await signed(STATUS, SECRET, new Date(Date.now() - 600_000)));

    expect(verdicts()).toEqual(Array(3).fill('invalid invalid'));
  });

  it('are missing without headers', async () => {
    await post(STATUS);

    expect(verdicts()).toEqual(['missing missing']);
  });

  it('are unchecked until a secret is known', async () => {
    simulator.setReceiverSecrets([]);
    await post(STATUS, await signed(STATUS));
    await call(`${simulator.url}/receiver`, { method: 'PUT', body: { secrets: [SECRET] } });
    await post(STATUS, await signed(STATUS));

    expect(verdicts()).toEqual(['unchecked unchecked', 'valid valid']);
  });
});

describe('the log of callbacks', () => {
  it('keeps the bytes and tells statuses and final reports apart', async () => {
    await post(STATUS, { 'webhook-id': 'webhook-1' });
    await post(REPORT, {}, '/callbacks/shop/one');
    await post('not JSON ÿ');

    const [status, report, other] = simulator.callbacks();
    expect(status).toMatchObject({
      event: 'message.status',
      dispatchUuid: 'dispatch-1',
      messageUuid: 'message-1',
      status: 'delivered',
      webhookId: 'webhook-1',
      path: '/callbacks',
      answered: 200,
    });
    expect(report).toMatchObject({
      event: 'dispatch.final',
      dispatchUuid: 'dispatch-2',
      status: 'completed',
      path: '/callbacks/shop/one',
    });
    expect(other?.event).toBeUndefined();
    expect(other?.raw.equals(Buffer.from('not JSON ÿ'))).toBe(true);
  });

  it.each([
    ['?dispatch=dispatch-2', [2]],
    ['?webhook-id=webhook-1', [1]],
    ['?path=/callbacks/shop', [2]],
    ['?limit=1', [2]],
    ['', [1, 2]],
  ])('lists %s over HTTP', async (query, numbers) => {
    await post(STATUS, { 'webhook-id': 'webhook-1' });
    await post(REPORT, {}, '/callbacks/shop');

    const { text } = await call(`${simulator.url}/callbacks${query}`);

    const { callbacks } = JSON.parse(text) as { callbacks: Record<string, unknown>[] };
    expect(callbacks.map((callback) => callback['number'])).toEqual(numbers);
    expect(callbacks.at(-1)).toMatchObject({
      body: JSON.parse(numbers.at(-1) === 1 ? STATUS : REPORT),
      rawBase64: Buffer.from(numbers.at(-1) === 1 ? STATUS : REPORT).toString('base64'),
    });
  });

  it('is emptied by DELETE', async () => {
    await post(STATUS);
    await call(`${simulator.url}/callbacks`, { method: 'DELETE' });

    expect(simulator.callbacks()).toEqual([]);
  });

  it('keeps the newest only', async () => {
    const small = await startSimulator({ keep: 2 });
    for (const body of ['1', '2', '3']) {
      await call(`${small.url}/callbacks`, { method: 'POST', body });
    }

    expect(small.callbacks().map((entry) => entry.raw.toString())).toEqual(['2', '3']);
    await small.close();
  });
});

describe('receiver dials', () => {
  it('answer another status, headers and body, so many times', async () => {
    const headers = { 'retry-after': '3' };
    await call(`${simulator.url}/receiver`, {
      method: 'PUT',
      body: { status: 503, headers, body: 'busy', times: 2 },
    });

    const results = [await post(STATUS), await post(STATUS), await post(STATUS)];

    expect(results.map((result) => result.status)).toEqual([503, 503, 200]);
    expect([results[0]?.text, results[0]?.headers['retry-after']]).toEqual(['busy', '3']);
    expect(simulator.callbacks().map((entry) => entry.answered)).toEqual([503, 503, 200]);
  });

  it('apply to a path and what is below it', async () => {
    simulator.setReceiver({ path: '/callbacks/a', status: 500 });
    simulator.setReceiver({ path: '/callbacks/a/b', status: 410 });

    const paths = [
      '/callbacks',
      '/callbacks/ab',
      '/callbacks/a',
      '/callbacks/a/x',
      '/callbacks/a/b',
    ];
    const statuses = [];
    for (const path of paths) {
      statuses.push((await post(STATUS, {}, path)).status);
    }

    expect(statuses).toEqual([200, 200, 500, 500, 410]);
  });

  it('apply to one dispatch or one kind of callback', async () => {
    simulator.setReceiver({ dispatch: 'dispatch-1', status: 500 });
    simulator.setReceiver({ event: 'dispatch.final', status: 422 });

    const statuses = [(await post(STATUS)).status, (await post(REPORT)).status];

    expect(statuses).toEqual([500, 422]);
  });

  it('hang', async () => {
    simulator.setReceiver({ hang: true });

    expect((await post(STATUS)).failure).toBe('timeout');
    expect(simulator.callbacks()[0]?.answered).toBe('hang');
  });

  it('reset the connection', async () => {
    simulator.setReceiver({ reset: true });

    expect((await post(STATUS)).failure).toBe('ECONNRESET');
    expect(simulator.callbacks()[0]?.answered).toBe('reset');
  });

  it('answer late', async () => {
    simulator.setReceiver({ delayMs: 120 });

    const result = await post(STATUS);

    expect(result.status).toBe(200);
    expect(result.ms).toBeGreaterThanOrEqual(115);
  });

  it('are gone after DELETE', async () => {
    simulator.setReceiver({ status: 500 });
    await call(`${simulator.url}/receiver`, { method: 'DELETE' });

    expect((await post(STATUS)).status).toBe(200);
  });

  it('are refused when they say nothing known', async () => {
    const result = await call(`${simulator.url}/receiver`, { method: 'PUT', body: { statuss: 1 } });

    expect(result.status).toBe(400);
  });
});
