import type { Dial, Layer, StatusStep } from './dials';

/**
 * Recipients that need no dial: a number or id that ends in one of these six digits behaves as said, whatever stands
 * before them (`447700990503`, or a Messenger id such as `person-990204`). Dials that name a recipient go first.
 *
 * | Ends in | What happens |
 * |---|---|
 * | 990100 | answers after 3 s |
 * | 990110 | hangs, message not taken |
 * | 990111 | hangs, message taken and delivered |
 * | 990120 | takes the message, then closes the connection without an answer |
 * | 990121 | closes the connection, message not taken |
 * | 990122 | as 990120 once; a second try with the same ref gets the first id and reaches nobody twice |
 * | 990130 | takes the message, cuts the answer halfway |
 * | 990200 | submitted, then silence |
 * | 990201 | silence from the start |
 * | 990202 | rejected, 1300 |
 * | 990203 | submitted, then undeliverable, 1260 |
 * | 990204 | submitted, delivered, never read |
 * | 990210 | delivered after 20 s |
 * | 990211 | delivered after 5 min |
 * | 990220 | read, then delivered, then submitted |
 * | 990221 | delivered is reported before the answer |
 * | 990222 | every status 5 times, same event id |
 * | 990223 | delivered 50 times at once, same event id |
 * | 990224 | delivered, then rejected |
 * | 990225 | rejected, then delivered |
 * | 990226 | receipts for unknown messages, then delivered |
 * | 990227 | delivered, once forged and once unsigned, then silence |
 * | 990228 | delivered 5 times, each with an event id of its own |
 * | 990400 | refused: 400, content_rejected, 1020 |
 * | 990401 | account fault: 401, auth |
 * | 990402 | account fault: 402, quota, 1070 |
 * | 990403 | refused: 403, recipient_blocked, 1240 |
 * | 990404 | refused: 404, recipient_invalid, 1300 |
 * | 990429 | 429 with Retry-After 1, once; then accepted |
 * | 990430 | 429 without Retry-After, always |
 * | 990431 | 429 with Retry-After 1, always |
 * | 990500 | 500, always |
 * | 990503 | 503, twice; then accepted |
 */
const DIGITS = 6;

interface Magic extends Dial {
  readonly says: string;
}

const SUBMITTED: StatusStep = { status: 'submitted', afterMs: 50 };
const DELIVERED: StatusStep = { status: 'delivered', afterMs: 150 };
const READ: StatusStep = { status: 'read', afterMs: 300 };
const NO_USER = { code: 1300, reason: 'Not part of the provider network' };
const REJECTED: StatusStep = { status: 'rejected', afterMs: 50, error: NO_USER };
const UNDELIVERABLE: StatusStep = {
  status: 'undeliverable',
  afterMs: 150,
  error: { code: 1260, reason: 'Destination unreachable' },
};
const LATER = { afterMs: 400 };

const ANSWERS: Readonly<Record<string, Magic>> = {
  '990100': { says: 'answers after 3 s', answerAfterMs: 3_000 },
  '990110': { says: 'hangs, message not taken', answer: { kind: 'hang' } },
  '990111': {
    says: 'hangs, message taken and delivered',
    answer: { kind: 'hang', taken: true },
  },
  '990120': {
    says: 'takes the message, then closes the connection without an answer',
    answer: { kind: 'drop' },
  },
  '990121': {
    says: 'closes the connection, message not taken',
    answer: { kind: 'drop', taken: false },
  },
  '990122': {
    says: 'as 990120 once; a second try with the same ref gets the first id and reaches nobody twice',
    answer: { kind: 'drop', times: 1 },
    nativeIdempotency: true,
  },
  '990130': { says: 'takes the message, cuts the answer halfway', answer: { kind: 'cut' } },
  '990400': {
    says: 'refused: 400, content_rejected, 1020',
    answer: { kind: 'refuse', class: 'content_rejected', code: 1020, reason: 'Invalid params' },
  },
  '990401': {
    says: 'account fault: 401, auth',
    answer: { kind: 'refuse', status: 401, class: 'auth', reason: 'Invalid credentials' },
  },
  '990402': {
    says: 'account fault: 402, quota, 1070',
    answer: {
      kind: 'refuse',
      status: 402,
      class: 'quota',
      code: 1070,
      reason: 'Partner quota exceeded',
    },
  },
  '990403': {
    says: 'refused: 403, recipient_blocked, 1240',
    answer: {
      kind: 'refuse',
      status: 403,
      class: 'recipient_blocked',
      code: 1240,
      reason: 'Illegal Number',
    },
  },
  '990404': {
    says: 'refused: 404, recipient_invalid, 1300',
    answer: { kind: 'refuse', status: 404, class: 'recipient_invalid', ...NO_USER },
  },
  '990429': {
    says: '429 with Retry-After 1, once; then accepted',
    answer: { kind: 'rate_limit', retryAfter: 1, times: 1 },
  },
  '990430': { says: '429 without Retry-After, always', answer: { kind: 'rate_limit' } },
  '990431': {
    says: '429 with Retry-After 1, always',
    answer: { kind: 'rate_limit', retryAfter: 1 },
  },
  '990500': { says: '500, always', answer: { kind: 'fail', status: 500 } },
  '990503': { says: '503, twice; then accepted', answer: { kind: 'fail', times: 2 } },
};

const STREAMS: Readonly<Record<string, Magic>> = {
  '990200': { says: 'submitted, then silence', statuses: [SUBMITTED] },
  '990201': { says: 'silence from the start', statuses: [] },
  '990202': { says: 'rejected, 1300', statuses: [REJECTED] },
  '990203': {
    says: 'submitted, then undeliverable, 1260',
    statuses: [SUBMITTED, UNDELIVERABLE],
  },
  '990204': { says: 'submitted, delivered, never read', statuses: [SUBMITTED, DELIVERED] },
  '990210': {
    says: 'delivered after 20 s',
    statuses: [SUBMITTED, { ...DELIVERED, afterMs: 20_000 }],
  },
  '990211': {
    says: 'delivered after 5 min',
    statuses: [SUBMITTED, { ...DELIVERED, afterMs: 300_000 }],
  },
  '990220': {
    says: 'read, then delivered, then submitted',
    statuses: [{ ...READ, afterMs: 50 }, DELIVERED, { ...SUBMITTED, ...LATER }],
  },
  '990221': {
    says: 'delivered is reported before the answer',
    statuses: [{ ...DELIVERED, early: true }],
  },
  '990222': {
    says: 'every status 5 times, same event id',
    statuses: [SUBMITTED, DELIVERED, READ].map((step) => ({ ...step, duplicates: 4 })),
  },
  '990223': {
    says: 'delivered 50 times at once, same event id',
    statuses: [{ ...DELIVERED, duplicates: 49 }],
  },
  '990224': {
    says: 'delivered, then rejected',
    statuses: [DELIVERED, { ...REJECTED, ...LATER }],
  },
  '990225': {
    says: 'rejected, then delivered',
    statuses: [REJECTED, { ...DELIVERED, ...LATER }],
  },
  '990226': {
    says: 'receipts for unknown messages, then delivered',
    statuses: [{ ...SUBMITTED, unknownId: true, duplicates: 2 }, DELIVERED],
  },
  '990227': {
    says: 'delivered, once forged and once unsigned, then silence',
    statuses: [
      { ...DELIVERED, signature: 'forged' },
      { ...DELIVERED, signature: 'missing' },
    ],
  },
  '990228': {
    says: 'delivered 5 times, each with an event id of its own',
    statuses: [{ ...DELIVERED, duplicates: 4, freshEventIds: true }],
  },
};

export const MAGIC: Readonly<Record<string, Magic>> = { ...ANSWERS, ...STREAMS };

/** The behaviour that a recipient's last digits name. */
export function magicFor(to: string): Layer | undefined {
  const suffix = to.slice(-DIGITS);
  const magic = suffix.startsWith('990') ? MAGIC[suffix] : undefined;
  return magic && { ...magic, name: `magic:${suffix}`, used: 0 };
}
