import { mayChangeDecision } from '../domain/failover';
import { isFailure, isProgress, type StatusUpdate } from '../domain/message';
import {
  MAX_SIGNALS_PER_MESSAGE,
  type MessageStatus,
  type ReceiptState,
} from '../domain/vocabulary';
import type { PendingCallback } from './callbacks';
import type { Database, Statement, Tx } from './database';
import { lockDispatch, type LockedDispatch } from './dispatches';
import {
  findMessage,
  recordStatus,
  type ComposeStatus,
  type Message,
  type UnderLock,
} from './messages';
import { findTarget, type Target } from './receipt-target';
import { isMet } from './steps';
import {
  insertReceipt,
  listUnmatched,
  matchReceipt,
  takeUnmatched,
  type Filing,
  type NewReceipt,
  type SignalDue,
} from './receipts';

export interface RecordedReceipt {
  /** `repeated` also where the very same report had come before; then nothing new is stored. */
  readonly state: ReceiptState;
  readonly posts: readonly PendingCallback[];
  readonly signal?: SignalDue;
}

/** How long the process that heard a receipt has to tell the workflow before the forwarder does, in milliseconds. */
const FORWARD_AFTER_MS = 5_000;
/** How soon an unmatched receipt is looked at again, in milliseconds. */
const REMATCH_AFTER_MS = 15_000;

/** Records a report and all that follows from it, in one transaction: durable before it is acknowledged. */
export async function recordReceipt(
  db: Database,
  receipt: NewReceipt,
  compose: ComposeStatus,
): Promise<RecordedReceipt> {
  const target = await findTarget(db, receipt.accountId, receipt.update);
  if (target === undefined) {
    await insertReceipt(db, receipt, { state: 'unmatched', retryInMs: REMATCH_AFTER_MS });
    return UNMATCHED;
  }
  return db.transaction(async (tx) => {
    const file = (filing: Filing): Promise<boolean> => insertReceipt(tx, receipt, filing);
    return settleLocked(tx, { target, receipt, file, compose });
  });
}

/** Looks again for the messages of reports that came before we knew them. */
export async function rematchReceipts(
  db: Database,
  limit: number,
  compose: ComposeStatus,
): Promise<RecordedReceipt[]> {
  const recorded: RecordedReceipt[] = [];
  for (const receipt of await takeUnmatched(db, limit)) {
    const target = await findTarget(db, receipt.accountId, receipt.update);
    if (target !== undefined) {
      recorded.push(
        await db.transaction((tx) => {
          const file = (filing: Filing): Promise<boolean> => matchReceipt(tx, receipt.id, filing);
          return settleLocked(tx, { target, receipt, file, compose });
        }),
      );
    }
  }
  return recorded;
}

/** Locks the dispatch, then settles. */
async function settleLocked(
  tx: Tx,
  settling: Omit<Settling, 'dispatch' | 'message'>,
): Promise<RecordedReceipt> {
  const { tenantId, dispatchId, messageId } = settling.target;
  const [dispatch, message] = await Promise.all([
    lockDispatch(tx, tenantId, dispatchId),
    findMessage(tx, tenantId, messageId),
  ]);
  return dispatch === undefined || message === undefined
    ? UNMATCHED
    : settle(tx, { ...settling, dispatch, message });
}

/**
 * Settles the reports that came before a provider's id was known, in the transaction that records the id. They send no
 * signal: the hand-over that is being recorded answers with the status they leave.
 */
export async function adoptReceipts(
  { tx, dispatch, compose }: UnderLock,
  accountId: string,
  messageRef: string,
): Promise<readonly PendingCallback[]> {
  const posts: PendingCallback[] = [];
  for (const receipt of await listUnmatched(tx, accountId, messageRef)) {
    const target = await findTarget(tx, accountId, receipt.update);
    const message = target && (await findMessage(tx, target.tenantId, target.messageId));
    if (message !== undefined && target?.dispatchId === dispatch.id) {
      const file = (filing: Filing): Promise<boolean> => matchReceipt(tx, receipt.id, filing);
      const settling = { dispatch, message, target, receipt, file, compose };
      posts.push(...(await settle(tx, settling)).posts);
    }
  }
  return posts;
}

const UNMATCHED: RecordedReceipt = { state: 'unmatched', posts: [] };

interface Settling {
  readonly dispatch: LockedDispatch;
  readonly message: Message;
  readonly target: Target;
  readonly receipt: NewReceipt;
  /** Writes the report's row; false: it was written before. */
  readonly file: (filing: Filing) => Promise<boolean>;
  readonly compose: ComposeStatus;
}

/** Judges a report under its dispatch's lock, files it, and records what follows. */
async function settle(tx: Tx, settling: Settling): Promise<RecordedReceipt> {
  const { dispatch, message, target, receipt, file } = settling;
  const verdict = judge(dispatch, message, target, receipt.update);
  const { tenantId, dispatchId, messageId } = target;
  const fresh = await file({
    state: verdict.state,
    tenantId,
    dispatchId,
    messageId,
    ...(verdict.state === 'pending' ? { retryInMs: FORWARD_AFTER_MS } : {}),
  });
  return fresh ? apply(tx, settling, verdict) : { state: 'repeated', posts: [] };
}

/** What a report does to its message. */
interface Verdict {
  readonly state: ReceiptState;
  /** Whether status and price count: not so for a failure that an older hand-over reports. */
  readonly counts: boolean;
}

function judge(
  dispatch: LockedDispatch,
  message: Message,
  target: Target,
  update: StatusUpdate,
): Verdict {
  const { status } = update;
  if (isFailure(status) && !target.isLatest) {
    return { state: 'applied', counts: false };
  }
  if (!isProgress(message.status, status)) {
    return { state: 'repeated', counts: true };
  }
  if (dispatch.status !== 'running') {
    return { state: 'late', counts: true };
  }
  return { state: wakes(dispatch, message, status) ? 'pending' : 'applied', counts: true };
}

/** Whether the workflow must hear of it. What met the condition before has been signalled: more of it decides nothing. */
function wakes(dispatch: LockedDispatch, message: Message, status: MessageStatus): boolean {
  if (isMet(message) || message.signals >= MAX_SIGNALS_PER_MESSAGE) {
    return false;
  }
  const { position, condition } = message;
  const { position: dispatchPosition, stopOnLateSuccess } = dispatch;
  const news = { status, position, dispatchPosition, stopOnLateSuccess };
  return mayChangeDecision(condition === null ? news : { ...news, condition });
}

const SETTLE_UNKNOWN: Statement = {
  name: 'receipt-settle-attempt',
  text: `
    update attempts set state = 'accepted', resolution = 'receipt', ended_at = clock_timestamp()
    where id = $1 and tenant_id = $2 and state = 'unknown'`,
};

function apply(
  tx: Tx,
  { dispatch, message, target, receipt, compose }: Settling,
  verdict: Verdict,
): RecordedReceipt {
  if (target.attemptState === 'unknown') {
    tx.enqueue(SETTLE_UNKNOWN, [target.attemptId, dispatch.tenantId]);
  }
  if (!verdict.counts) {
    return { state: verdict.state, posts: [] };
  }
  const { update } = receipt;
  const signals = verdict.state === 'pending';
  const recorded = recordStatus({ tx, dispatch, compose }, message, {
    status: update.status,
    at: occurredAt(update, dispatch.now),
    signals,
    ...(update.error === undefined ? {} : { error: update.error }),
    ...(update.usage === undefined ? {} : { usage: update.usage }),
  });
  return {
    state: verdict.state,
    posts: recorded.posts,
    ...(signals ? { signal: signalOf(receipt.id, dispatch, message, update.status) } : {}),
  };
}

function signalOf(
  receiptId: string,
  dispatch: LockedDispatch,
  message: Message,
  status: MessageStatus,
): SignalDue {
  return { receiptId, dispatchId: dispatch.id, messageId: message.id, status };
}

/** The provider's time where it is believable: never in the future, never older than a month. */
function occurredAt(update: StatusUpdate, now: Date): Date {
  const at = new Date(update.occurredAt ?? Number.NaN);
  const ageMs = now.getTime() - at.getTime();
  return ageMs >= 0 && ageMs < 30 * 86_400_000 ? at : now;
}
