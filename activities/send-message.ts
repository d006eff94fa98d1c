import { ApplicationFailure } from '@temporalio/activity';
import { v7 as uuidV7 } from 'uuid';
import type { StepCause } from '../domain/failover-state';
import { DISPATCH_ENDED, HAND_OVER_HELD, TRY_AGAIN } from '../domain/failures';
import { isFailure, satisfies } from '../domain/message';
import { sendLimits, type SendLimitsMs } from '../domain/send-limits';
import type { MessageStatus, UnknownPolicy } from '../domain/vocabulary';
import { PrepareError, type PreparedSend } from '../providers/adapter';
import type { LoadedAccount } from '../store/accounts';
import {
  claimAttempt,
  findSendContext,
  type Claim,
  type ClaimResult,
  type SendContext,
} from '../store/attempts';
import type { ActivityDeps } from './deps';
import { nextHandOver, type HandOver } from './next-hand-over';
import { prepareSend } from './prepare-send';
import { recordFailure, recordOutcome, type Recorded } from './record-outcome';

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
    const context = await findSendContext(deps.db, input.tenantId, input.messageId);
    if (context === undefined || context.dispatchStatus !== 'running') {
      throw ended();
    }
    const known = resultFromContext(context);
    if (known !== undefined) {
      return known;
    }
    const next = await nextHandOver(deps, input, context);
    return next.kind === 'hand_over'
      ? handOver(deps, input, context, next)
      : withoutHandOver(deps, input, next);
  };
}

/** Tells, gives up or waits, as was found; the next hand-over, if any, is the next run's. */
async function withoutHandOver(
  deps: ActivityDeps,
  input: SendMessageInput,
  next: HandOver,
  reason?: string,
): Promise<SendMessageResult> {
  switch (next.kind) {
    case 'result':
      return next.result;
    case 'fail':
      return answer(deps, input, await recordFailure(deps, input, next));
    case 'try_again':
      throw tryAgain(next.delayMs, HAND_OVER_HELD, reason);
    case 'hand_over':
      throw tryAgain(1, TRY_AGAIN, reason);
  }
}

/** What an earlier run, or a receipt, has settled already. */
function resultFromContext(context: SendContext): SendMessageResult | undefined {
  const { message, attempts, acceptedMsAgo } = context;
  const { status } = message;
  const taken = attempts.some((attempt) => attempt.state === 'accepted');
  if (status === 'planned') {
    return taken ? { kind: 'accepted', acceptedMsAgo, status: 'submitted' } : undefined;
  }
  const settled = taken || isFailure(status) || satisfies(status, message.condition ?? undefined);
  return settled ? { kind: 'accepted', acceptedMsAgo, status } : undefined;
}

async function handOver(
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
  next: Extract<HandOver, { kind: 'hand_over' }>,
): Promise<SendMessageResult> {
  const { account } = next.loaded;
  const release = deps.slots.take(account.id);
  if (release === undefined) {
    throw tryAgain(SLOT_WAIT_MS, TRY_AGAIN, 'this worker sends all it may through the account');
  }
  try {
    const prepared = await prepareSend(deps, input, context, next.loaded);
    await deps.at('send.prepared');
    const permit = permitFor(input, context, next);
    const claimed = await claimAttempt(deps.db, permit.claim, deps.compose.status);
    if (claimed.kind !== 'claimed') {
      return resultFromRefusal(claimed);
    }
    deps.poster.offer(claimed.posts);
    return await sendClaimed(deps, input, context, { loaded: next.loaded, prepared, permit });
  } catch (error) {
    if (error instanceof PrepareError) {
      const failure = { cause: 'send_refused' as const, error: error.failure };
      return answer(deps, input, await recordFailure(deps, input, failure));
    }
    throw error;
  } finally {
    release();
  }
}

/** How long a run waits for a free slot of its account, in milliseconds; it holds no slot of the worker meanwhile. */
const SLOT_WAIT_MS = 250;

interface Permit {
  readonly claim: Claim;
  readonly limits: SendLimitsMs;
  /** On the monotonic clock, which counts through a stop of the process; never later than the stored lease. */
  readonly leaseEndsAt: number;
}

function permitFor(
  input: SendMessageInput,
  context: SendContext,
  next: Extract<HandOver, { kind: 'hand_over' }>,
): Permit {
  const { tenantId, dispatchId, messageId, position, previousCause } = input;
  const { account } = next.loaded;
  const leftMs = input.budgetMs - context.startedMsAgo;
  const limits = sendLimits(Math.min(account.timeoutMs, input.callTimeoutMs), leftMs);
  return {
    limits,
    leaseEndsAt: performance.now() + limits.leaseMs,
    claim: {
      tenantId,
      dispatchId,
      messageId,
      position,
      attemptId: uuidV7(),
      number: context.attempts.length + 1,
      accountId: account.id,
      leaseMs: limits.leaseMs,
      possibleDuplicate: next.possibleDuplicate,
      ...(next.supersedes === undefined ? {} : { supersedes: next.supersedes }),
      ...(previousCause === undefined ? {} : { previousCause }),
    },
  };
}

async function sendClaimed(
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
  ready: {
    readonly loaded: LoadedAccount;
    readonly prepared: PreparedSend;
    readonly permit: Permit;
  },
): Promise<SendMessageResult> {
  const { permit } = ready;
  await deps.at('send.claimed');
  const outcome = await ready.prepared.send({
    timeoutMs: permit.limits.callMs,
    beforeWrite: () => {
      if (performance.now() >= permit.leaseEndsAt) {
        throw new Error('the lease of this hand-over is over');
      }
    },
    signal: deps.abortSignal,
  });
  await deps.at(outcome.kind === 'unknown' ? 'send.written' : 'send.answered');
  const handed = { attemptId: permit.claim.attemptId, loaded: ready.loaded, outcome };
  const recorded = await recordOutcome(deps, input, context, handed);
  await deps.at('send.recorded');
  return answer(deps, input, recorded);
}

function resultFromRefusal(claimed: Exclude<ClaimResult, { kind: 'claimed' }>): SendMessageResult {
  switch (claimed.kind) {
    case 'previous_met':
      return { kind: 'previous_met', status: claimed.status };
    case 'settled':
      return {
        kind: 'accepted',
        acceptedMsAgo: 0,
        status: claimed.message.status === 'planned' ? 'submitted' : claimed.message.status,
      };
    case 'held':
      throw tryAgain(500, HAND_OVER_HELD);
    case 'ended':
      throw ended();
  }
}

async function answer(
  deps: ActivityDeps,
  input: SendMessageInput,
  recorded: Recorded,
): Promise<SendMessageResult> {
  switch (recorded.kind) {
    case 'result':
      return recorded.result;
    case 'refused':
      return resultFromRefusal(recorded.refusal);
    case 'open': {
      const context = await findSendContext(deps.db, input.tenantId, input.messageId);
      if (context === undefined) {
        throw ended();
      }
      const next = await nextHandOver(deps, input, context);
      return withoutHandOver(deps, input, next, recorded.reason);
    }
  }
}

function ended(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'the dispatch has ended',
    type: DISPATCH_ENDED,
    nonRetryable: true,
    category: 'BENIGN',
  });
}

/** Not a fault of ours: the server runs the activity again after the delay. */
function tryAgain(
  delayMs: number,
  type: string,
  reason = 'another attempt is open',
): ApplicationFailure {
  return ApplicationFailure.create({
    message: reason,
    type,
    nextRetryDelay: Math.max(1, Math.ceil(delayMs)),
    category: 'BENIGN',
  });
}
