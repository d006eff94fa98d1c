import type { StepCause } from '../domain/failover-state';
import { isFailure, satisfies } from '../domain/message';
import type { MessageStatus, StepOutcome } from '../domain/vocabulary';
import type { PendingCallback } from './callbacks';
import type { Statement } from './database';
import type { LockedDispatch } from './dispatches';
import { listMessages, recordStatus, type Message, type UnderLock } from './messages';
import { jsonOrNull } from './nullable';

/**
 * `previous_met`: the step before has met its condition, so this one is not begun. `settled`: receipts have decided this
 * message. `ended`: the dispatch is over, or past this step.
 */
export type StepRefusal =
  | { readonly kind: 'previous_met'; readonly status: MessageStatus }
  | { readonly kind: 'settled'; readonly message: Message }
  | { readonly kind: 'ended' };

/** Why a step may not send (any more); undefined: it may. Asked under the dispatch's lock, of messages read after it. */
export function refusalOf(
  dispatch: LockedDispatch | undefined,
  messages: readonly Message[],
  position: number,
): StepRefusal | undefined {
  const message = messages[position];
  if (dispatch?.status !== 'running' || dispatch.position > position || message === undefined) {
    return { kind: 'ended' };
  }
  const begun = dispatch.position === position;
  return (begun ? undefined : previousMet(messages[position - 1])) ?? settled(message);
}

function previousMet(previous: Message | undefined): StepRefusal | undefined {
  return previous !== undefined && isMet(previous)
    ? { kind: 'previous_met', status: previous.status }
    : undefined;
}

function settled(message: Message): StepRefusal | undefined {
  return isFailure(message.status) || isMet(message) ? { kind: 'settled', message } : undefined;
}

/** Whether receipts have met what its step asks for. */
export function isMet(message: Message): message is Message & { status: MessageStatus } {
  return satisfies(message.status, message.condition ?? undefined);
}

const OPEN: Statement = {
  name: 'step-open-attempt',
  text: `
    select 1 from attempts
    where message_id = $1 and tenant_id = $2 and state in ('claimed', 'accepted', 'unknown')`,
};

/** A message that was begun and that nobody can have taken is told as rejected. */
export async function rejectUntaken(
  lock: UnderLock,
  message: Message | undefined,
): Promise<readonly PendingCallback[]> {
  if (message === undefined || message.status !== 'planned') {
    return [];
  }
  const { tx, dispatch } = lock;
  const perhapsTaken = await tx.row(OPEN, [message.id, dispatch.tenantId]);
  if (perhapsTaken !== undefined) {
    return [];
  }
  const error = message.error ?? {
    class: 'outage',
    code: 1030,
    reason: 'No provider took the message in time',
  };
  const news = { status: 'rejected' as const, at: dispatch.now, error };
  return recordStatus(lock, message, news).posts;
}

const LEFT: Statement = {
  name: 'step-left',
  text: `
    update messages set outcome = $4, ended_at = coalesce(ended_at, clock_timestamp()),
      cause = $5::jsonb || jsonb_build_object('lastStatus', status)
    where dispatch_id = $1 and tenant_id = $2 and position = $3 and outcome is null`,
};

/** Notes how the step before was left, and tells its message as rejected if nobody can have taken it. */
export async function noteStepLeft(
  lock: UnderLock,
  step: { readonly position: number; readonly previousCause?: StepCause },
): Promise<readonly PendingCallback[]> {
  const { tx, dispatch } = lock;
  const previous = step.position - 1;
  const outcome: StepOutcome = 'failed_over';
  const messages = await listMessages(tx, dispatch.tenantId, dispatch.id);
  const posts = await rejectUntaken(lock, messages[previous]);
  const cause = jsonOrNull(step.previousCause);
  tx.enqueue(LEFT, [dispatch.id, dispatch.tenantId, previous, outcome, cause]);
  return posts;
}
