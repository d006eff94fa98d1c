import { isFailure, satisfies } from '../../domain/message';
import type { MessageStatus } from '../../domain/vocabulary';
import type {
  AttemptRow,
  DispatchRow,
  Facts,
  Finding,
  MessageRow,
  ReceiptRow,
} from './verify-facts';

/** How far two clocks of one machine may be apart when instants are compared, in milliseconds. */
const CLOCK_MS = 100;
/** A dead run's claim is settled by the sweeper so long after its lease, in seconds. */
const CLAIM_GRACE_SECONDS = 75;

/** I3 and I13: what reached the provider, against the attempts that allowed it. */
export function sendFindings(facts: Facts): Finding[] {
  const known = new Set(facts.messages.map(({ id }) => id));
  const strangers = facts.sent.filter(({ ref }) => ref === undefined || !known.has(ref));
  return [
    ...strangers.map(({ ref = '' }) => ({ invariant: 'I3', subject: ref, seen: 'sent, unknown' })),
    ...facts.messages.flatMap((message) => messageFindings(facts, message)),
  ];
}

function messageFindings(facts: Facts, message: MessageRow): Finding[] {
  const found: Finding[] = [];
  const add = (invariant: string, seen: string): void =>
    void found.push({ invariant, subject: message.id, seen });
  const attempts = facts.attempts.filter(({ messageId }) => messageId === message.id);
  const entry = facts.sent.find(({ ref }) => ref === message.id);
  const { times = 0, deliveries = 0 } = entry ?? {};
  if (times > attempts.length) {
    add('I3', `${times} tries, ${attempts.length} attempts`);
  }
  if (deliveries > allowedDeliveries(attempts)) {
    add('I3', `reached the recipient ${deliveries} times`);
  }
  attempts
    .filter((attempt) => attempt.state === 'superseded' || attempt.resolution === 'resent')
    .filter((attempt) => attempt.onUnknown !== 'resend' && attempt.idempotency !== 'native')
    .forEach((attempt) => add('I3', `sent again under the policy ${attempt.onUnknown}`));
  if (
    attempts.some((attempt, index) => attempt.possibleDuplicate !== isDuplicate(attempts, index))
  ) {
    add('I3', 'a repeated send is not flagged, or a first one is');
  }
  if (
    attempts.some(
      ({ state, leaseOverSeconds }) =>
        state === 'claimed' && leaseOverSeconds > CLAIM_GRACE_SECONDS,
    )
  ) {
    add('I13', 'a claim whose lease is over long since');
  }
  return found;
}

/** One, and one more for each attempt that its policy let send again; under a native key always one. */
function allowedDeliveries(attempts: readonly AttemptRow[]): number {
  const resent = attempts.filter(
    ({ resolution, onUnknown, idempotency }) =>
      resolution === 'resent' && onUnknown === 'resend' && idempotency !== 'native',
  );
  return 1 + resent.length;
}

/** Whether the attempt before was closed by sending again where that may reach the recipient twice. */
function isDuplicate(attempts: readonly AttemptRow[], index: number): boolean {
  const before = attempts[index - 1];
  return before?.state === 'superseded' && before.idempotency !== 'native';
}

/** I4, I5 and the outcome: when steps began and how the dispatch came out, against receipts and expiries. */
export function stepFindings(facts: Facts): Finding[] {
  return facts.dispatches.flatMap((dispatch) => {
    const messages = facts.messages.filter((row) => row.dispatchId === dispatch.id);
    return [
      ...messages.flatMap((message) => beginFindings(facts, dispatch, messages, message)),
      ...outcomeFindings(dispatch, messages),
    ];
  });
}

function beginFindings(
  facts: Facts,
  dispatch: DispatchRow,
  messages: readonly MessageRow[],
  message: MessageRow,
): Finding[] {
  const previous = messages[message.position - 1];
  const claim = facts.attempts.find(({ messageId }) => messageId === message.id);
  if (previous === undefined || claim === undefined) {
    return [];
  }
  const begunAt = messages[message.position - 2]?.cause?.at ?? dispatch.createdAt;
  const earlyMs = earlyBy(previous, begunAt, claim.claimedAt);
  const at = (invariant: string, seen: string, isBreach: boolean): Finding[] =>
    isBreach ? [{ invariant, subject: message.id, seen }] : [];
  return [
    ...at('I4', 'begun after the step before was met', wasMet(facts, previous, claim.claimedAt)),
    ...at('I5', `begun ${earlyMs} ms early`, earlyMs > CLOCK_MS),
    ...at('I5', `begun for ${previous.cause?.kind}`, !isReasonToGoOn(previous)),
  ];
}

function wasMet(facts: Facts, message: MessageRow, before: Date): boolean {
  return facts.receipts.some((receipt) => isMetBy(receipt, message) && receipt.receivedAt < before);
}

/** How long before its expiry a step that is said to have expired was left, in milliseconds. */
function earlyBy(left: MessageRow, begunAt: string | number | Date, leftAt: Date): number {
  return left.cause?.kind === 'expired'
    ? new Date(begunAt).getTime() + (left.expirySeconds ?? 0) * 1_000 - leftAt.getTime()
    : 0;
}

function isMetBy({ messageId, status }: ReceiptRow, message: MessageRow): boolean {
  return (
    messageId === message.id &&
    status !== null &&
    satisfies(status as MessageStatus, message.condition ?? undefined)
  );
}

/** Its time was over, its outcome unknown, or it failed; a failure that a success followed stands in its statuses. */
function isReasonToGoOn({ cause, statuses }: MessageRow): boolean {
  const hasFailed = statuses.some(({ status }) => isFailure(status as MessageStatus));
  return hasFailed || cause?.kind === 'expired' || cause?.kind === 'send_outcome_unknown';
}

function outcomeFindings(dispatch: DispatchRow, messages: readonly MessageRow[]): Finding[] {
  const last = messages.findLast(({ startedAt }) => startedAt !== null);
  if (last === undefined) {
    return [];
  }
  const at = (seen: string): Finding[] => [{ invariant: 'outcome', subject: dispatch.id, seen }];
  const isMet = satisfies(last.status as MessageStatus, last.condition ?? undefined);
  if (dispatch.status === 'completed' && !isMet) {
    return at(`completed, and its last message is ${last.status}`);
  }
  // Its limit runs also while there is no worker to begin the last step.
  const isOver = last.position === messages.length - 1 || dispatch.cause === 'last_step_limit';
  return dispatch.status === 'error' && !isOver ? at(`error (${dispatch.cause}) too soon`) : [];
}
