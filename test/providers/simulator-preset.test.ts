import jsonata from 'jsonata';

import type { Simulator } from '../../dev/simulator/simulator';
import { startSimulator } from '../../dev/simulator/simulator';
import { VONAGE_CHANNELS } from '../../domain/vocabulary';
import { SIMULATOR_PRESET } from '../../providers/presets/simulator';
import type { CallResult, ReceiptTarget } from '../dev/simulator-client';
import { call, startReceiptTarget } from '../dev/simulator-client';
import { until } from '../support/until';

const [sms] = SIMULATOR_PRESET.definitions;

let simulator: Simulator;
let target: ReceiptTarget;

beforeEach(async () => {
  target = await startReceiptTarget();
  simulator = await startSimulator();
});

afterEach(async () => {
  await simulator.close();
  await target.close();
});

/** Evaluates one of the preset's expressions; the result is made plain by JSON. */
async function evaluate(expression: string | undefined, scope: object): Promise<unknown> {
  const value: unknown = await jsonata(expression ?? '').evaluate(scope);
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function messageTo(recipient: string): object {
  const party = { number: recipient, id: `id-${recipient}` };
  return {
    messageId: 'message-1',
    dispatchId: 'dispatch-1',
    recipient: party,
    sender: { number: '447700900000', id: 'page' },
    content: { type: 'text', text: 'hello' },
    ttlSeconds: 600,
    receiptUrl: target.url,
    settings: {},
  };
}

async function send(recipient: string, channel = 'sms'): Promise<CallResult> {
  const definition = SIMULATOR_PRESET.definitions.find((one) => one.channel === channel);
  const { auth, send: map } = { ...definition };
  const credentials = { apiKey: 'simulator-key' };
  const key = await evaluate(auth?.headers?.['x-api-key'], { credentials });
  const body = await evaluate(map?.body, messageTo(recipient));
  const headers = { 'x-api-key': String(key) };
  return call(`${simulator.url}${map?.path}`, { method: 'POST', headers, body });
}

async function outcomeOf(result: CallResult): Promise<unknown> {
  const { status, headers, text } = result;
  return evaluate(sms?.send?.outcome, { status, headers, body: JSON.parse(text) as unknown });
}

it('has a definition for each channel of Vonage Dispatch', () => {
  const channels = SIMULATOR_PRESET.definitions.map((definition) => definition.channel);

  expect(channels.toSorted()).toEqual(VONAGE_CHANNELS.toSorted());
});

it.each([
  ['sms', '447700900001', '447700900000'],
  ['mms', '447700900001', '447700900000'],
  ['whatsapp', '447700900001', '447700900000'],
  ['messenger', 'id-447700900001', 'page'],
  ['viber_service_msg', '447700900001', 'page'],
])('sends %s to %s from %s', async (channel, to, from) => {
  const result = await send('447700900001', channel);

  expect(await outcomeOf(result)).toEqual({ kind: 'accepted' });
  const [entry] = simulator.log();
  expect(entry).toMatchObject({ ref: 'message-1', to, from, channel, text: 'hello', ttl: 600 });
  const messageRef = await evaluate(sms?.send?.messageRef, { body: JSON.parse(result.text) });
  expect(messageRef).toBe(entry?.id);
});

it.each([
  [
    '447700990404',
    {
      kind: 'refused',
      class: 'recipient_invalid',
      code: 1300,
      reason: 'Not part of the provider network',
    },
  ],
  [
    '447700990400',
    { kind: 'refused', class: 'content_rejected', code: 1020, reason: 'Invalid params' },
  ],
  ['447700990401', { kind: 'retry', class: 'auth' }],
  ['447700990402', { kind: 'retry', class: 'quota' }],
  ['447700990430', { kind: 'retry', class: 'rate_limited' }],
  ['447700990431', { kind: 'retry', class: 'rate_limited', after: '1' }],
  ['447700990500', { kind: 'retry', class: 'outage' }],
])('reads the answer to %s as %j', async (recipient, outcome) => {
  expect(await outcomeOf(await send(recipient))).toEqual(outcome);
});

it('reads a refusal without a known body', async () => {
  const outcome = await evaluate(sms?.send?.outcome, { status: 418, headers: {} });

  expect(outcome).toEqual({ kind: 'refused', class: 'other', code: 1030, reason: 'HTTP 418' });
});

it('reads receipts, priced and failed', async () => {
  simulator.setDial({
    statuses: [
      { status: 'delivered' },
      { status: 'rejected', afterMs: 60, error: { code: 1240, reason: 'Illegal Number' } },
    ],
  });
  await send('447700900001');
  await until(() => target.posted.length === 2);

  const updates = await Promise.all(
    target.posted.map(({ raw }) =>
      evaluate(sms?.receipt?.updates, {
        headers: {},
        query: {},
        body: JSON.parse(raw) as unknown,
      }),
    ),
  );

  const common = {
    messageRef: simulator.log()[0]?.id,
    clientRef: 'message-1',
    eventId: expect.any(String),
    occurredAt: expect.any(String),
  };
  expect(updates).toEqual([
    { ...common, status: 'delivered', price: '0.0333', currency: 'EUR' },
    {
      ...common,
      status: 'rejected',
      error: { class: 'recipient_blocked', code: 1240, reason: 'Illegal Number' },
    },
  ]);
});

it('probes the account', async () => {
  const { status } = await call(`${simulator.url}${sms?.probe?.path}`, {
    headers: { 'x-api-key': 'simulator-key' },
  });

  expect(await evaluate(sms?.probe?.ok, { status })).toBe(true);
});
