import type { StepCause } from '../domain/failover-state';
import { isFailure, satisfies } from '../domain/message';
import type { MessageStatus, StepOutcome } from '../domain/vocabulary';
import type { PendingCallback } from './callbacks';
import type { Sql, Statement } from './database';
import type { LockedDispatch } from './dispatches';
import { listMessages, recordStatus, type ComposeStatus, type Message } from './messages';

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
  if (dispatch?.status !== 'running' || dispatch.position > position) {
    return { kind: 'ended' };
  }
  const previous = messages[position - 1];
  if (
    previous !== undefined &&
    previous.status !== 'planned' &&
    dispatch.position < position &&
    satisfies(previous.status, previous.condition ?? undefined)
  ) {
    return { kind: 'previous_met', status: previous.status };
  }
  const message = messages[position];
  if (message === undefined) {
    return { kind: 'ended' };
  }
  const settled =
    isFailure(message.status) || satisfies(message.status, message.condition ?? undefined);
  return settled ? { kind: 'settled', message } : undefined;
}

const OPEN: Statement = {
  name: 'step-open-attempt',
  text: `
    select 1 from attempts
    where message_id = $1 and tenant_id = $2 and state in ('claimed', 'accepted', 'unknown')`,
};

/** A message that was begun and that nobody can have taken is told as rejected. */
export async function rejectUntaken(
  tx: Sql,
  dispatch: LockedDispatch,
  message: Message | undefined,
  compose: ComposeStatus,
): Promise<readonly PendingCallback[]> {
  if (message === undefined || message.status !== 'planned') {
    return [];
  }
  const perhapsTaken = await tx.row(OPEN, [message.id, dispatch.tenantId]);
  if (perhapsTaken !== undefined) {
    return [];
  }
  const error = message.error ?? {
    class: 'outage',
    code: 1030,
    reason: 'No provider took the message in time',
  };
  const recorded = await recordStatus(
    tx,
    dispatch,
    message,
    { status: 'rejected', at: dispatch.now, error },
    compose,
  );
  return recorded.posts;
}

const LEFT: Statement = {
  name: 'step-left',
  text: `
    update messages set outcome = $4, cause = $5, ended_at = coalesce(ended_at, clock_timestamp())
    where dispatch_id = $1 and tenant_id = $2 and position = $3 and outcome is null`,
};

/** Notes how the step before was left, and tells its message as rejected if nobody can have taken it. */
export async function noteStepLeft(
  tx: Sql,
  dispatch: LockedDispatch,
  step: { readonly position: number; readonly previousCause?: StepCause },
  compose: ComposeStatus,
): Promise<readonly PendingCallback[]> {
  const previous = step.position - 1;
  const outcome: StepOutcome = 'failed_over';
  const cause = step.previousCause === undefined ? null : JSON.stringify(step.previousCause);
  await tx.rows(LEFT, [dispatch.id, dispatch.tenantId, previous, outcome, cause]);
  const messages = await listMessages(tx, dispatch.tenantId, dispatch.id);
  return rejectUntaken(tx, dispatch, messages[previous], compose);
}
