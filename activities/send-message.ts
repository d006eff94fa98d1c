import type { StepCause } from '../domain/failover-state';
import { isFailure } from '../domain/message';
import type { MessageStatus, UnknownPolicy } from '../domain/vocabulary';
import { findSendContext, type SendContext } from '../store/attempts';
import { isMet } from '../store/steps';
import type { ActivityDeps } from './deps';
import { handOver } from './hand-over';
import { nextHandOver, type HandOver } from './next-hand-over';
import { recordFailure, type Recorded } from './record-outcome';
import type { SendRun } from './send-run';
import { dispatchEnded, resultFromRefusal, tryAgain } from './send-failures';
import { HAND_OVER_HELD, TRY_AGAIN } from '../domain/failures';

/** What a step's send is told: ids and limits. Everything personal is loaded by id. */
export interface SendMessageInput {
  readonly tenantId: string;
  readonly dispatchId: string;
  readonly messageId: string;
  readonly position: number;
  /** What the step's sending may take in all, in milliseconds. */
  readonly budgetMs: number;
  /** Longest provider call, in milliseconds. */
  readonly callTimeoutMs: number;
  /** Why the step before was left; stored with it when this one is claimed. */
  readonly previousCause?: StepCause;
}

/**
 * `accepted`: a provider took it, `acceptedMsAgo` milliseconds ago by Postgres' clock; `status` is what receipts have said
 * since. `failed`: nobody takes it. `unknown`: perhaps somebody did. `previous_met`: nothing was sent, the step before had
 * met its condition.
 */
export type SendMessageResult =
  | {
      readonly kind: 'accepted';
      readonly acceptedMsAgo: number;
      readonly status: MessageStatus;
    }
  | { readonly kind: 'failed'; readonly cause: 'send_refused' | 'no_account' }
  | { readonly kind: 'unknown'; readonly policy: UnknownPolicy }
  | { readonly kind: 'previous_met'; readonly status: MessageStatus };

/**
 * Hands one message to one account, at most: every further try is a run of its own, so that each is seen, timed and
 * fenced alike. May run twice or in parallel; the claimed attempt is what keeps it to one send.
 */
export function createSendMessage(deps: ActivityDeps) {
  return async function sendMessage(input: SendMessageInput): Promise<SendMessageResult> {
    const run = { deps, input, context: await contextOf(deps, input) };
    const known = resultFromContext(run.context);
    if (known !== undefined) {
      return known;
    }
    const next = await nextHandOver(run);
    return next.kind === 'hand_over'
      ? answer(run, await handOver(run, next))
      : withoutHandOver(run, next);
  };
}

async function contextOf(deps: ActivityDeps, input: SendMessageInput): Promise<SendContext> {
  const context = await findSendContext(deps.db, input.tenantId, input.messageId);
  if (context === undefined || context.dispatchStatus !== 'running') {
    throw dispatchEnded();
  }
  return context;
}

/** What an earlier run, or a receipt, has settled already. */
function resultFromContext(context: SendContext): SendMessageResult | undefined {
  const { message, attempts, acceptedMsAgo } = context;
  const { status } = message;
  if (attempts.some(({ state }) => state === 'accepted')) {
    return { kind: 'accepted', acceptedMsAgo, status: toldStatus(status) };
  }
  if (status === 'planned') {
    return undefined;
  }
  // Rejected by us and by no receipt: an earlier run has told so.
  if (status === 'rejected' && !attempts.some(({ state }) => state === 'unknown')) {
    return { kind: 'failed', cause: attempts.length === 0 ? 'no_account' : 'send_refused' };
  }
  return isFailure(status) || isMet(message)
    ? { kind: 'accepted', acceptedMsAgo, status }
    : undefined;
}

function toldStatus(status: MessageStatus | 'planned'): MessageStatus {
  return status === 'planned' ? 'submitted' : status;
}

/** Tells, gives up or waits, as was found; the next hand-over, if any, is the next run's. */
async function withoutHandOver(
  run: SendRun,
  next: HandOver,
  reason?: string,
): Promise<SendMessageResult> {
  switch (next.kind) {
    case 'result':
      return next.result;
    case 'fail':
      return answer(run, await recordFailure(run, next));
    case 'try_again':
      throw tryAgain(next.delayMs, HAND_OVER_HELD, reason);
    case 'hand_over':
      throw tryAgain(1, TRY_AGAIN, reason);
  }
}

async function answer(run: SendRun, recorded: Recorded): Promise<SendMessageResult> {
  switch (recorded.kind) {
    case 'result':
      return recorded.result;
    case 'refused':
      return resultFromRefusal(recorded.refusal);
    case 'open': {
      const now = { ...run, context: await contextOf(run.deps, run.input) };
      return withoutHandOver(now, await nextHandOver(now), recorded.reason);
    }
  }
}
