import type { ReceiptMap } from '../../domain/provider';
import type { InboundRequest } from '../../providers/adapter';
import { createRestAdapter } from '../../providers/rest';
import { createHttpClient } from '../../runtime/http-client';
import { anAccount, anInboundRequest, MESSAGE_ID } from '../support/account';

const adapter = createRestAdapter(createHttpClient({ allow: [] }));

const UPDATES = `body.events.{
  'messageRef': id, 'clientRef': ref, 'eventId': event, 'status': status, 'occurredAt': at,
  'price': price, 'currency': currency, 'usage': usage, 'error': error
}`;

function parse(
  body: unknown,
  receipt: Partial<ReceiptMap> = {},
  request: Partial<InboundRequest> = {},
) {
  const account = anAccount({ definition: { receipt: { updates: UPDATES, ...receipt } } });
  return adapter.parseReceipt(anInboundRequest(body, request), account, { key: 'the-secret' });
}

const one = (event: object) => ({ events: [{ id: 'm-1', status: 'delivered', ...event }] });

describe('a report', () => {
  it('is read whole', async () => {
    const parsed = await parse(
      one({
        ref: MESSAGE_ID.toUpperCase(),
        event: 'e-1',
        at: '2026-11-22T11:00:00+01:00',
        price: '0.0333',
        currency: 'EUR',
      }),
    );

    expect(parsed).toEqual({
      kind: 'updates',
      updates: [
        {
          messageRef: 'm-1',
          clientRef: MESSAGE_ID,
          eventId: 'e-1',
          status: 'delivered',
          occurredAt: '2026-11-22T10:00:00.000Z',
          usage: { price: '0.0333', currency: 'EUR' },
        },
      ],
      reply: { status: 200, body: '' },
    });
  });

  it('of many events gives them in order, of none gives none where the map says so', async () => {
    const events = ['submitted', 'delivered', 'read'].map((status, id) => ({ id, status }));
    const many = await parse({ events });
    const none = await parse(
      { events: [] },
      { updates: "[body.events[status = 'x'].{ 'status': status }]" },
    );

    expect(many).toMatchObject({
      updates: [
        { messageRef: '0', status: 'submitted' },
        { messageRef: '1', status: 'delivered' },
        { messageRef: '2', status: 'read' },
      ],
    });
    expect(none).toMatchObject({ kind: 'updates', updates: [] });
  });

  it.each([
    [
      "{ 'messageRef': body.sid, 'status': body.state }",
      'sid=S1&state=delivered',
      'application/x-www-form-urlencoded; charset=UTF-8',
    ],
    [
      "{ 'messageRef': sid, 'status': state }",
      'sid=S1&state=delivered',
      'application/x-www-form-urlencoded',
    ],
    [
      "events.{ 'messageRef': id, 'status': state }",
      '{"events":[{"id":"S1","state":"delivered"}]}',
      'application/json',
    ],
    [
      "body.{ 'messageRef': id, 'status': state }",
      '[{"id":"S1","state":"delivered"}]',
      'application/vnd.x+json',
    ],
    ["{ 'messageRef': query.id, 'status': headers.`x-state` }", '', ''],
    [
      "{ 'messageRef': $match(body, /id=([A-Z0-9]+)/).groups[0], 'status': 'delivered' }",
      'id=S1;',
      'text/plain',
    ],
  ])('is read by %s', async (updates, body, type) => {
    const request = {
      headers: { 'content-type': type, 'x-state': 'delivered' },
      query: { id: 'S1' },
    };

    const parsed = await parse(body, { updates }, request);

    expect(parsed).toMatchObject({
      kind: 'updates',
      updates: [{ messageRef: 'S1', status: 'delivered' }],
    });
  });

  it('keeps long ids exact', async () => {
    const parsed = await parse('{"events":{"id":9007199254740993,"status":"read"}}');

    expect(parsed).toMatchObject({ updates: [{ messageRef: '9007199254740993' }] });
  });

  it('takes the three names of the scope from the request, whatever the body holds', async () => {
    const body = {
      query: { id: 'forged' },
      headers: { 'x-id': 'forged' },
      body: 'forged',
      id: 'm-1',
    };
    const updates = "{ 'messageRef': query.id & headers.`x-id` & body.id, 'status': 'read' }";

    const parsed = await parse(
      body,
      { updates },
      { query: { id: 'q-' }, headers: { 'content-type': 'application/json', 'x-id': 'h-' } },
    );

    expect(parsed).toMatchObject({ updates: [{ messageRef: 'q-h-m-1' }] });
  });

  it('does not show credentials to its map', async () => {
    const parsed = await parse(
      {},
      { updates: "{ 'messageRef': credentials.key, 'status': 'read' }" },
    );

    expect(parsed).toMatchObject({ kind: 'unreadable' });
  });

  it('is answered as the definition says', async () => {
    const reply = { status: 202, body: 'ok' };

    expect(await parse(one({}), { reply })).toMatchObject({ kind: 'updates', reply });
    expect(await parse('{', { reply })).toMatchObject({ kind: 'unreadable', reply });
  });
});

describe('times', () => {
  it.each([
    ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00.000Z'],
    ['2026-11-22T10:00:00.123456Z', '2026-11-22T10:00:00.123Z'],
    ['2026-11-22 10:00:00', '2026-11-22T10:00:00.000Z'],
    ['2026-11-22T10:00', '2026-11-22T10:00:00.000Z'],
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['Sun, 22 Nov 2026 10:00:00 GMT', '2026-11-22T10:00:00.000Z'],
    ['Sun, 22 Nov 2026 10:00:00 +0200', '2026-11-22T08:00:00.000Z'],
    [1_795_341_600, '2026-11-22T10:00:00.000Z'],
    [1_795_341_600_000, '2026-11-22T10:00:00.000Z'],
    ['1795341600', '2026-11-22T10:00:00.000Z'],
    [null, undefined],
  ])('%j is %j', async (at, occurredAt) => {
    const parsed = await parse(one({ at }));

    expect(parsed.kind === 'updates' && parsed.updates[0]?.occurredAt).toEqual(occurredAt);
  });

  it.each([
    'yesterday',
    '',
    '22/11/2026',
    '2026-13-40T10:00:00Z',
    'Nov 22 2026 10:00',
    5,
    -1,
    true,
    {},
    '1e99',
  ])('%j is none', async (at) => {
    expect(await parse(one({ at }))).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining('occurredAt') as string,
    });
  });
});

describe('prices', () => {
  it.each([
    [
      { price: '0.0333', currency: 'EUR' },
      { price: '0.0333', currency: 'EUR' },
    ],
    [
      { price: 0.05, currency: 'USD' },
      { price: '0.05', currency: 'USD' },
    ],
    [
      { price: 0, currency: 'USD' },
      { price: '0', currency: 'USD' },
    ],
    [{ usage: { price: '1', currency: 'GBP' } }, { price: '1', currency: 'GBP' }],
    [{ price: null, currency: 'EUR' }, undefined],
    [{ currency: 'EUR' }, undefined],
  ])('%j is %j', async (event, usage) => {
    const parsed = await parse(one(event));

    expect(parsed.kind === 'updates' && parsed.updates[0]?.usage).toEqual(usage);
  });

  it.each([
    { price: '0.0333' },
    { price: '-1', currency: 'EUR' },
    { price: '1e-7', currency: 'EUR' },
    { price: 1e-7, currency: 'EUR' },
    { price: '1,5', currency: 'EUR' },
    { price: '', currency: 'EUR' },
    { price: 'free', currency: 'EUR' },
    { price: '1', currency: 'euro' },
    { price: {}, currency: 'EUR' },
    { price: '1234567890123', currency: 'EUR' },
  ])('%j is none', async (event) => {
    expect(await parse(one(event))).toMatchObject({ kind: 'unreadable' });
  });
});

describe('errors', () => {
  it.each([
    [
      { class: 'recipient_blocked', code: 1240, reason: 'STOP' },
      { class: 'recipient_blocked', code: 1240, reason: 'STOP' },
    ],
    [
      { class: 'recipient_invalid', reason: 'who?' },
      { class: 'recipient_invalid', code: 1030, reason: 'who?' },
    ],
    [
      { class: 'invented', code: 99, reason: 'the-secret leaked' },
      { class: 'other', code: 1030, reason: '[secret] leaked' },
    ],
    [{ code: '1300' }, { class: 'other', code: 1300, reason: 'no reason given' }],
    ['broken', undefined],
  ])('%j of a failure is %j', async (error, expected) => {
    const parsed = await parse(one({ status: 'undeliverable', error }));

    expect(parsed.kind === 'updates' && parsed.updates[0]?.error).toEqual(expected);
  });

  it('of a success is left out', async () => {
    const parsed = await parse(one({ error: { code: 1300 } }));

    expect(parsed.kind === 'updates' && parsed.updates[0]).not.toHaveProperty('error');
  });
});

describe('what is not understood', () => {
  it.each([
    ['no JSON', '{"events":'],
    ['JSON of another shape', '{"items":[]}'],
    ['nothing', ''],
    ['an unknown status', one({ status: 'DELIVRD' })],
    ['a status of another type', one({ status: 2 })],
    ['no message', one({ id: null })],
    ['a foreign reference alone', one({ id: null, ref: 'order-7' })],
    ['an id that is no value', one({ id: { x: 1 } })],
    ['an endless id', one({ id: 'x'.repeat(600) })],
    [
      'one bad event among good ones',
      {
        events: [
          { id: 1, status: 'read' },
          { id: 2, status: '?' },
        ],
      },
    ],
    [
      'too many events',
      { events: Array.from({ length: 1_001 }, () => ({ id: 1, status: 'read' })) },
    ],
    ['too deep JSON', `{"events":${'['.repeat(40)}${']'.repeat(40)}}`],
  ])('%s is unreadable', async (_case, body) => {
    expect(await parse(body)).toMatchObject({
      kind: 'unreadable',
      reason: expect.any(String) as string,
    });
  });

  it.each(["'text'", '[1]', '{', "$error('no')", '$eval("1")', '[[{}]]'])(
    'of the map %s is unreadable',
    async (updates) => {
      expect(await parse(one({}), { updates })).toMatchObject({ kind: 'unreadable' });
    },
  );

  it('is a report to a definition that reads none', async () => {
    const parsed = await adapter.parseReceipt(anInboundRequest({}), anAccount(), {});

    expect(parsed).toMatchObject({ kind: 'unreadable', reply: { status: 200 } });
  });
});

it('a forged report is not even read', async () => {
  const signature = { scheme: 'bearer', secret: 'credentials.key' };
  const updates = "$error('was read')";
  const account = anAccount({ definition: { receipt: { updates, signature } } });
  const request = anInboundRequest('{', { headers: { authorization: 'Bearer wrong-secret' } });

  const parsed = await adapter.parseReceipt(request, account, { key: 'the-secret' });

  expect(parsed).toEqual({ kind: 'forged', reason: 'credentials wrong' });
});
