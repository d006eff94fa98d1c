import type { StepCause } from '../domain/failover-state';
import type { CauseKind, EndStatus, StepOutcome } from '../domain/vocabulary';
import { insertCallbacks, type NewCallback, type PendingCallback } from './callbacks';
import type { Database, Tx } from './database';
import { endDispatch, lockDispatch, type LockedDispatch } from './dispatches';
import { listMessages, type ComposeStatus, type Message } from './messages';
import { isMet, rejectUntaken } from './steps';

/** How the workflow wants a dispatch to end. */
export interface DispatchEnd {
  readonly tenantId: string;
  readonly dispatchId: string;
  readonly status: EndStatus;
  readonly cause: CauseKind;
  /** The step that decided it. */
  readonly position: number;
  readonly steps: readonly {
    readonly position: number;
    readonly outcome: StepOutcome;
    readonly cause: StepCause;
  }[];
}

/** The end as it is stored. */
export interface StoredEnd {
  readonly status: EndStatus;
  readonly cause: CauseKind;
}

/** A final report to be told, with all that its body says. */
export interface ToldReport {
  readonly dispatch: LockedDispatch;
  readonly status: EndStatus;
  readonly revision: number;
  readonly at: Date;
  /** The messages that were sent, in order. */
  readonly messages: readonly Message[];
}

export type ComposeReport = (told: ToldReport) => NewCallback;

export interface Compose {
  readonly status: ComposeStatus;
  readonly report: ComposeReport;
}

/**
 * Writes the end and its final report, once: whoever comes second gets what is stored. Statuses are read again under the
 * lock, so that a success that was recorded but not yet heard of turns an error into what it really was.
 */
export async function finishDispatch(
  db: Database,
  end: DispatchEnd,
  compose: Compose,
): Promise<{ readonly end: StoredEnd; readonly posts: readonly PendingCallback[] }> {
  return db.transaction(async (tx) => {
    const [dispatch, messages] = await Promise.all([
      lockDispatch(tx, end.tenantId, end.dispatchId),
      listMessages(tx, end.tenantId, end.dispatchId),
    ]);
    if (dispatch === undefined) {
      throw new Error(`dispatch ${end.dispatchId} is not stored`);
    }
    if (dispatch.status !== 'running') {
      const stored = { status: dispatch.status, cause: dispatch.cause ?? end.cause };
      return { end: stored, posts: [] };
    }
    return writeEnd({ tx, dispatch, compose }, messages, end);
  });
}

interface Ending {
  readonly tx: Tx;
  readonly dispatch: LockedDispatch;
  readonly compose: Compose;
}

async function writeEnd(
  { tx, dispatch, compose }: Ending,
  messages: readonly Message[],
  wanted: DispatchEnd,
): Promise<{ end: StoredEnd; posts: PendingCallback[] }> {
  const end = correctedEnd(wanted, messages);
  const posts: PendingCallback[] = [];
  for (const message of messages.filter(wasBegun)) {
    posts.push(...(await rejectUntaken({ tx, dispatch, compose: compose.status }, message)));
  }
  const told =
    posts.length === 0 ? messages : await listMessages(tx, dispatch.tenantId, dispatch.id);
  endDispatch(tx, dispatch.tenantId, dispatch.id, end);
  const report = compose.report({
    dispatch,
    status: end.status,
    revision: dispatch.revision + 1,
    at: dispatch.now,
    messages: told.filter(wasBegun),
  });
  posts.push(...insertCallbacks(tx, dispatch, [report]));
  return { end: { status: end.status, cause: end.cause }, posts };
}

function wasBegun(message: Message): boolean {
  return message.startedAt !== null;
}

/** An error whose deciding step has met its condition after all is a success. */
function correctedEnd(wanted: DispatchEnd, messages: readonly Message[]): DispatchEnd {
  const decisive = messages[wanted.position];
  if (wanted.status !== 'error' || decisive === undefined || !isMet(decisive)) {
    return wanted;
  }
  const steps = wanted.steps.map((step) =>
    step.position === wanted.position
      ? {
          ...step,
          outcome: 'met' as const,
          cause: { ...step.cause, kind: 'condition_met' as const },
        }
      : step,
  );
  return { ...wanted, status: 'completed', cause: 'condition_met', steps };
}
