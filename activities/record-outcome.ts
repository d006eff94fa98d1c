import type { MessageError } from '../domain/message';
import { backoffMs } from '../domain/send-limits';
import type { SendOutcome } from '../providers/adapter';
import type { LoadedAccount } from '../store/accounts';
import { acceptAttempt, closeAttempt, isClaimed } from '../store/attempts';
import type { PendingCallback } from '../store/callbacks';
import { advanceDispatch, lockDispatch } from '../store/dispatches';
import {
  findMessage,
  listMessages,
  recordStatus,
  type Message,
  type UnderLock,
} from '../store/messages';
import { adoptReceipts } from '../store/record-receipt';
import { noteStepLeft, refusalOf, type StepRefusal } from '../store/steps';
import type { SendRun } from './send-run';
import type { SendMessageResult } from './send-message';

/** What is stored of a hand-over's end, and what the workflow is told. */
export type Recorded =
  | { readonly kind: 'result'; readonly result: SendMessageResult }
  /** The message is still to be handed over, now or later, if there is time and an account. */
  | { readonly kind: 'open'; readonly reason: string }
  /** Nothing was written: the step is not to be begun, or is over. */
  | { readonly kind: 'refused'; readonly refusal: StepRefusal };

export interface HandedOver {
  readonly attemptId: string;
  readonly loaded: LoadedAccount;
  readonly outcome: SendOutcome;
}

/** Nobody takes the message, and why. */
export interface SendFailure {
  readonly cause: 'send_refused' | 'no_account';
  readonly error: MessageError;
}

/** Writes what came of a hand-over, before the workflow is told. */
export async function recordOutcome(run: SendRun, handed: HandedOver): Promise<Recorded> {
  const { outcome } = handed;
  switch (outcome.kind) {
    case 'accepted':
      return recordAccepted(run, handed, outcome.messageRef);
    case 'refused':
      return recordRefused(run, handed.attemptId, outcome.error);
    case 'unknown':
      return recordUnknown(run, handed, outcome.error);
    case 'retry':
    case 'not_sent':
      return recordNotNow(run, handed, outcome);
  }
}

async function recordAccepted(
  run: SendRun,
  { attemptId, loaded }: HandedOver,
  messageRef: string | undefined,
): Promise<Recorded> {
  const { account } = loaded;
  return inDispatch(run, async (lock, message) => {
    const { tx, dispatch } = lock;
    acceptAttempt(tx, run.input.tenantId, attemptId, { messageRef, resolution: 'found' });
    const { posts } = recordStatus(lock, message, { status: 'submitted', at: dispatch.now });
    // Where the provider echoes our id, every report finds its message by itself.
    const early =
      messageRef === undefined || account.definition.capabilities.echoesClientRef === true
        ? []
        : await adoptReceipts(lock, account.id, messageRef);
    const now =
      early.length === 0 ? message : await findMessage(tx, run.input.tenantId, message.id);
    return { posts: [...posts, ...early], recorded: accepted(lock, now ?? message) };
  });
}

/** What receipts have said so far, and how long ago the message was taken, by Postgres' clock. */
function accepted({ dispatch }: UnderLock, { status, acceptedAt }: Message): Recorded {
  const acceptedMsAgo = Math.max(
    0,
    dispatch.now.getTime() - (acceptedAt ?? dispatch.now).getTime(),
  );
  return {
    kind: 'result',
    result: {
      kind: 'accepted',
      acceptedMsAgo,
      status: status === 'planned' ? 'submitted' : status,
    },
  };
}

async function recordRefused(
  run: SendRun,
  attemptId: string,
  error: MessageError,
): Promise<Recorded> {
  const { tenantId } = run.input;
  return inDispatch(run, async (lock, message) => {
    // Its lease was over: another run has taken the message over, and what that one does stands.
    if (!(await isClaimed(lock.tx, tenantId, attemptId))) {
      return {
        posts: [],
        recorded: { kind: 'open', reason: 'the lease of the hand-over was over' },
      };
    }
    closeAttempt(lock.tx, tenantId, attemptId, { state: 'refused', error });
    return reject(lock, message, { cause: 'send_refused', error });
  });
}

async function recordUnknown(
  run: SendRun,
  { attemptId, loaded }: HandedOver,
  error: MessageError,
): Promise<Recorded> {
  const { account } = loaded;
  const { tenantId } = run.input;
  return inDispatch(run, async (lock, message) => {
    // A receipt that came during the call has told already what the answer did not.
    if (message.status !== 'planned') {
      acceptAttempt(lock.tx, tenantId, attemptId, { resolution: 'receipt' });
      return { posts: [], recorded: accepted(lock, message) };
    }
    closeAttempt(lock.tx, tenantId, attemptId, { state: 'unknown', error });
    const again =
      account.definition.capabilities.idempotency === 'native' || account.onUnknown === 'resend';
    return {
      posts: [],
      recorded: again
        ? { kind: 'open', reason: 'the outcome of the hand-over is unknown' }
        : { kind: 'result', result: { kind: 'unknown', policy: account.onUnknown } },
    };
  });
}

/** The provider cannot take it now: the account rests, and the next run asks the next account or waits. */
async function recordNotNow(
  run: SendRun,
  { attemptId, loaded }: HandedOver,
  outcome: Extract<SendOutcome, { kind: 'retry' | 'not_sent' }>,
): Promise<Recorded> {
  const { attempts } = run.context;
  const tries = attempts.filter(({ accountId }) => accountId === loaded.account.id).length;
  const { error } = outcome;
  return inDispatch(run, async ({ tx }) => {
    closeAttempt(tx, run.input.tenantId, attemptId, {
      state: outcome.kind === 'retry' ? 'refused' : 'not_sent',
      error,
      retryInMs: outcome.afterMs ?? backoffMs(tries + 1),
    });
    const reason = `${error.class} (code ${error.code})`;
    return { posts: [], recorded: { kind: 'open', reason } };
  });
}

/** Nobody takes the message: it is rejected, and its step is noted as begun even though nothing was claimed. */
export async function recordFailure(run: SendRun, failure: SendFailure): Promise<Recorded> {
  const { tenantId, dispatchId, position } = run.input;
  return inDispatch(run, async (lock, message) => {
    const messages = await listMessages(lock.tx, tenantId, dispatchId);
    const refusal = refusalOf(lock.dispatch, messages, position);
    if (refusal !== undefined) {
      return { posts: [], recorded: { kind: 'refused', refusal } };
    }
    advanceDispatch(lock.tx, tenantId, dispatchId, position);
    const left = position === 0 ? [] : await noteStepLeft(lock, run.input);
    const rejected = reject(lock, message, failure);
    return { ...rejected, posts: [...left, ...rejected.posts] };
  });
}

interface Written {
  readonly posts: readonly PendingCallback[];
  readonly recorded: Recorded;
}

function reject(lock: UnderLock, message: Message, { cause, error }: SendFailure): Written {
  const news = { status: 'rejected' as const, at: lock.dispatch.now, error };
  const { posts } = recordStatus(lock, message, news);
  return { posts, recorded: { kind: 'result', result: { kind: 'failed', cause } } };
}

/** Runs one transaction under the dispatch's lock, then hands its callbacks to the poster. */
async function inDispatch(
  { deps, input }: SendRun,
  work: (lock: UnderLock, message: Message) => Promise<Written>,
): Promise<Recorded> {
  const { posts, recorded } = await deps.db.transaction(async (tx) => {
    const [dispatch, message] = await Promise.all([
      lockDispatch(tx, input.tenantId, input.dispatchId),
      findMessage(tx, input.tenantId, input.messageId),
    ]);
    if (dispatch === undefined || message === undefined) {
      throw new Error(`dispatch ${input.dispatchId} is not stored`);
    }
    return work({ tx, dispatch, compose: deps.compose.status }, message);
  });
  deps.poster.offer(posts);
  return recorded;
}
