import { v7 as uuidV7 } from 'uuid';
import { HAND_OVER_HELD, TRY_AGAIN } from '../domain/failures';
import { sendLimits, type SendLimitsMs } from '../domain/send-limits';
import { PrepareError, type PreparedSend } from '../providers/adapter';
import { claimAttempt, type Claim } from '../store/attempts';
import type { HandOver } from './next-hand-over';
import { prepareSend } from './prepare-send';
import { recordFailure, recordOutcome, type Recorded } from './record-outcome';
import { tryAgain } from './send-failures';
import { leftMs, type SendRun } from './send-run';

type Chosen = Extract<HandOver, { kind: 'hand_over' }>;

/** How long a run waits for a free slot of its account, in milliseconds; it holds no slot of the worker meanwhile. */
const SLOT_WAIT_MS = 250;
/** How long a run waits that lost the claim to another one, in milliseconds. */
const HELD_WAIT_MS = 500;

/** Prepares, claims, sends and records: the send fence. */
export async function handOver(run: SendRun, chosen: Chosen): Promise<Recorded> {
  const release = run.deps.slots.take(chosen.loaded.account.id);
  if (release === undefined) {
    throw tryAgain(SLOT_WAIT_MS, TRY_AGAIN, 'this worker sends all it may through the account');
  }
  try {
    const prepared = await prepareSend(run, chosen.loaded);
    await run.deps.at('send.prepared');
    return await claimAndSend(run, chosen, prepared);
  } catch (error) {
    if (error instanceof PrepareError) {
      return recordFailure(run, { cause: 'send_refused', error: error.failure });
    }
    throw error;
  } finally {
    release();
  }
}

async function claimAndSend(
  run: SendRun,
  chosen: Chosen,
  prepared: PreparedSend,
): Promise<Recorded> {
  const { deps } = run;
  const permit = permitFor(run, chosen);
  const claimed = await claimAttempt(deps.db, permit.claim, deps.compose.status);
  if (claimed.kind === 'held') {
    throw tryAgain(HELD_WAIT_MS, HAND_OVER_HELD);
  }
  if (claimed.kind !== 'claimed') {
    return { kind: 'refused', refusal: claimed };
  }
  deps.poster.offer(claimed.posts);
  await deps.at('send.claimed');
  const outcome = await prepared.send({
    timeoutMs: permit.limits.callMs,
    beforeWrite: () => refuseBeyondLease(permit),
    signal: deps.abortSignal,
  });
  await deps.at(outcome.kind === 'unknown' ? 'send.written' : 'send.answered');
  const { attemptId } = permit.claim;
  const recorded = await recordOutcome(run, { attemptId, loaded: chosen.loaded, outcome });
  await deps.at('send.recorded');
  return recorded;
}

interface Permit {
  readonly claim: Claim;
  readonly limits: SendLimitsMs;
  /** On the monotonic clock, which counts through a stop of the process; never later than the stored lease. */
  readonly leaseEndsAt: number;
}

function permitFor(run: SendRun, chosen: Chosen): Permit {
  const { tenantId, dispatchId, messageId, position, previousCause } = run.input;
  const { account } = chosen.loaded;
  const limits = sendLimits(Math.min(account.timeoutMs, run.input.callTimeoutMs), leftMs(run));
  return {
    limits,
    leaseEndsAt: performance.now() + limits.leaseMs,
    claim: {
      tenantId,
      dispatchId,
      messageId,
      position,
      attemptId: uuidV7(),
      number: run.context.attempts.length + 1,
      accountId: account.id,
      leaseMs: limits.leaseMs,
      possibleDuplicate: chosen.possibleDuplicate,
      ...(chosen.supersedes === undefined ? {} : { supersedes: chosen.supersedes }),
      ...(previousCause === undefined ? {} : { previousCause }),
    },
  };
}

function refuseBeyondLease({ leaseEndsAt }: Permit): void {
  if (performance.now() >= leaseEndsAt) {
    throw new Error('the lease of this hand-over is over');
  }
}
