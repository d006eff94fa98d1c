import type { SendMap } from '../../domain/provider';
import { createRedact } from '../../providers/redact';
import { outcomeOf } from '../../providers/rest-outcome';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function outcome(map: Partial<SendMap>, { status = 200, headers = {}, body = {} }: Answer = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = { status, headers, body: Buffer.from(text) };
  return outcomeOf({ method: 'POST', path: '/', ...map }, answer, createRedact(['top-secret']));
}

const says = (value: unknown) => ({ outcome: JSON.stringify(value).replaceAll('"', "'") });

describe('an outcome map', () => {
  it.each([
    [{ kind: 'accepted' }, { kind: 'accepted' }],
    [
      { kind: 'refused', class: 'recipient_invalid', code: 1300, reason: 'nobody' },
      { kind: 'refused', error: { class: 'recipient_invalid', code: 1300, reason: 'nobody' } },
    ],
    [
      { kind: 'refused', class: 'recipient_blocked', code: '1240', reason: 7 },
      { kind: 'refused', error: { class: 'recipient_blocked', code: 1240, reason: '7' } },
    ],
    [
      { kind: 'refused' },
      { kind: 'refused', error: { class: 'other', code: 1030, reason: 'HTTP 200' } },
    ],
    [
      { kind: 'refused', class: 'invented', code: 'E-7' },
      { kind: 'refused', error: { class: 'other', code: 1030, reason: 'HTTP 200' } },
    ],
    [
      { kind: 'refused', class: 'quota', reason: 'empty' },
      { kind: 'retry', error: { class: 'quota', code: 1070, reason: 'empty' } },
    ],
    [
      { kind: 'retry', class: 'rate_limited', after: 3 },
      {
        kind: 'retry',
        error: { class: 'rate_limited', code: 1000, reason: 'HTTP 200' },
        afterMs: 3_000,
      },
    ],
    [
      { kind: 'retry', after: '2.5' },
      { kind: 'retry', error: { class: 'outage', code: 1230, reason: 'HTTP 200' }, afterMs: 2_500 },
    ],
    [
      { kind: 'retry', after: 1e8 },
      {
        kind: 'retry',
        error: { class: 'outage', code: 1230, reason: 'HTTP 200' },
        afterMs: 3_600_000,
      },
    ],
    [
      { kind: 'unknown' },
      { kind: 'unknown', error: { class: 'outage', code: 1230, reason: 'HTTP 200' } },
    ],
  ])('that gives %j becomes %j', async (value, expected) => {
    expect(await outcome(says(value))).toEqual(expected);
  });

  it.each(["$error('no')", 'nothing', "'accepted'", "{ 'kind': 'maybe' }", '[]', '1', '{'])(
    'that gives %s leaves a 2xx unknown, and every other status to itself',
    async (map) => {
      expect(await outcome({ outcome: map })).toMatchObject({ kind: 'unknown' });
      expect(await outcome({ outcome: map }, { status: 503 })).toMatchObject({ kind: 'retry' });
      expect(await outcome({ outcome: map }, { status: 429 })).toMatchObject({ kind: 'retry' });
      expect(await outcome({ outcome: map }, { status: 400 })).toMatchObject({ kind: 'refused' });
    },
  );

  it('sees status, headers and the exact body', async () => {
    const map = {
      outcome:
        "status = 409 and headers.`x-dup` = '1' and body.id = '9007199254740993' ? { 'kind': 'accepted' } : { 'kind': 'unknown' }",
      messageRef: 'body.id',
    };

    const answer = { status: 409, headers: { 'x-dup': '1' }, body: '{"id":9007199254740993}' };
    expect(await outcome(map, answer)).toEqual({
      kind: 'accepted',
      messageRef: '9007199254740993',
    });
  });

  it('sees no credentials', async () => {
    const map = {
      outcome: "$exists(credentials) ? { 'kind': 'refused' } : { 'kind': 'accepted' }",
    };

    expect(await outcome(map)).toEqual({ kind: 'accepted' });
  });
});

describe('the id of an accepted message', () => {
  it.each([
    [{ id: 'm-1' }, 'm-1'],
    [{ id: 42 }, '42'],
    [{ id: '' }, undefined],
    [{ id: null }, undefined],
    [{ id: { x: 1 } }, undefined],
    [{ id: 'x'.repeat(513) }, undefined],
    ['not JSON', undefined],
    ['', undefined],
  ])('in %j is %j', async (body, messageRef) => {
    expect(await outcome({ messageRef: 'body.id' }, { body })).toEqual(
      messageRef === undefined ? { kind: 'accepted' } : { kind: 'accepted', messageRef },
    );
  });

  it('that cannot be read takes nothing back', async () => {
    expect(await outcome({ messageRef: "$error('no')" })).toEqual({ kind: 'accepted' });
  });

  it('may stand in a header, in text or in a form', async () => {
    const inHeader = await outcome(
      { messageRef: 'headers.location' },
      { headers: { location: '/m/1' } },
    );
    const inText = await outcome(
      { messageRef: '$match(body, /^OK: ([0-9]+)/).groups[0]' },
      { body: 'OK: 77' },
    );
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const inForm = await outcome({ messageRef: 'body.sid' }, { headers, body: 'sid=S1&x=y' });

    expect([inHeader, inText, inForm].map((one) => 'messageRef' in one && one.messageRef)).toEqual([
      '/m/1',
      '77',
      'S1',
    ]);
  });
});

describe('without a map', () => {
  it.each([
    [200, 'accepted', undefined],
    [202, 'accepted', undefined],
    [204, 'accepted', undefined],
    [302, 'refused', 'other'],
    [400, 'refused', 'other'],
    [401, 'retry', 'auth'],
    [402, 'retry', 'quota'],
    [403, 'retry', 'auth'],
    [404, 'refused', 'other'],
    [413, 'refused', 'content_rejected'],
    [422, 'refused', 'other'],
    [429, 'retry', 'rate_limited'],
    [500, 'retry', 'outage'],
    [503, 'retry', 'outage'],
  ])('%i is %s as %s', async (status, kind, errorClass) => {
    const given = await outcome({}, { status });

    expect(given.kind).toBe(kind);
    expect('error' in given ? given.error.class : undefined).toBe(errorClass);
  });

  it.each([
    [{ message: 'no credit' }, 'HTTP 400: no credit'],
    [{ error: 'invalid_to' }, 'HTTP 400: invalid_to'],
    [{ error: { message: 'bad number', code: 7 } }, 'HTTP 400: bad number'],
    [{ errors: [{ detail: 'bad text' }] }, 'HTTP 400: bad text'],
    [{ title: 'Nope' }, 'HTTP 400: Nope'],
    [{ message: 'two\r\nlines\u0000 here' }, 'HTTP 400: two lines here'],
    [{ message: 'key top-secret is wrong' }, 'HTTP 400: key [secret] is wrong'],
    [{ message: `${'x'.repeat(180)}top-secret` }, `HTTP 400: ${'x'.repeat(180)}[secret]`],
    ['plain text', 'HTTP 400: plain text'],
    [{ message: 7 }, 'HTTP 400'],
    ['', 'HTTP 400'],
  ])('%j is told as %j', async (body, reason) => {
    expect(await outcome({}, { status: 400, body })).toMatchObject({ error: { reason } });
  });

  it('cuts a reason by characters and halves none', async () => {
    const given = await outcome({}, { status: 400, body: { message: '😀'.repeat(300) } });

    const { reason = '' } = 'error' in given ? given.error : {};
    expect(Array.from(reason)).toHaveLength(200);
    expect(() => encodeURIComponent(reason)).not.toThrow();
  });
});

it('keeps a secret that the cut would halve', async () => {
  const given = await outcome(
    {},
    { status: 400, body: { message: `${'x'.repeat(185)}top-secret` } },
  );

  expect(JSON.stringify(given)).not.toContain('top');
});
