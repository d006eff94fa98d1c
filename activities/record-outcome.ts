import type { MessageError } from '../domain/message';
import { backoffMs } from '../domain/send-limits';
import type { SendOutcome } from '../providers/adapter';
import type { LoadedAccount } from '../store/accounts';
import { acceptAttempt, closeAttempt, type SendContext } from '../store/attempts';
import type { PendingCallback } from '../store/callbacks';
import type { Sql } from '../store/database';
import { advanceDispatch, lockDispatch, type LockedDispatch } from '../store/dispatches';
import { findMessage, listMessages, recordStatus, type Message } from '../store/messages';
import { adoptReceipts } from '../store/record-receipt';
import { noteStepLeft, refusalOf, type StepRefusal } from '../store/steps';
import type { ActivityDeps } from './deps';
import type { SendMessageInput, SendMessageResult } from './send-message';

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

/** Writes what came of a hand-over, before the workflow is told. */
export async function recordOutcome(
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
  handed: HandedOver,
): Promise<Recorded> {
  const { outcome } = handed;
  switch (outcome.kind) {
    case 'accepted':
      return recordAccepted(deps, input, handed, outcome.messageRef);
    case 'refused':
      return recordRefused(deps, input, handed.attemptId, outcome.error);
    case 'unknown':
      return recordUnknown(deps, input, handed, outcome.error);
    case 'retry':
    case 'not_sent':
      return recordNotNow(deps, input, context, handed, outcome);
  }
}

async function recordAccepted(
  deps: ActivityDeps,
  input: SendMessageInput,
  { attemptId, loaded }: HandedOver,
  messageRef: string | undefined,
): Promise<Recorded> {
  const { account } = loaded;
  return inDispatch(deps, input, async (tx, dispatch, message) => {
    await acceptAttempt(tx, input.tenantId, attemptId, messageRef, 'found');
    const news = { status: 'submitted' as const, at: dispatch.now };
    const { posts } = await recordStatus(tx, dispatch, message, news, deps.compose.status);
    // Where the provider echoes our id, every report finds its message by itself.
    const early =
      messageRef === undefined || account.definition.capabilities.echoesClientRef === true
        ? []
        : await adoptReceipts(tx, dispatch, account.id, messageRef, deps.compose.status);
    const now =
      early.length === 0 ? undefined : await findMessage(tx, input.tenantId, input.messageId);
    const status = now?.status ?? message.status;
    return {
      posts: [...posts, ...early],
      recorded: {
        kind: 'result',
        result: {
          kind: 'accepted',
          acceptedMsAgo: 0,
          status: status === 'planned' ? 'submitted' : status,
        },
      },
    };
  });
}

async function recordRefused(
  deps: ActivityDeps,
  input: SendMessageInput,
  attemptId: string,
  error: MessageError,
): Promise<Recorded> {
  return inDispatch(deps, input, async (tx, dispatch, message) => {
    await closeAttempt(tx, input.tenantId, attemptId, { state: 'refused', error });
    return reject(deps, tx, dispatch, message, 'send_refused', error);
  });
}

async function recordUnknown(
  deps: ActivityDeps,
  input: SendMessageInput,
  { attemptId, loaded }: HandedOver,
  error: MessageError,
): Promise<Recorded> {
  const { account } = loaded;
  return inDispatch(deps, input, async (tx) => {
    await closeAttempt(tx, input.tenantId, attemptId, { state: 'unknown', error });
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
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
  { attemptId, loaded }: HandedOver,
  outcome: Extract<SendOutcome, { kind: 'retry' | 'not_sent' }>,
): Promise<Recorded> {
  const tries = context.attempts.filter(({ accountId }) => accountId === loaded.account.id).length;
  const retryInMs = outcome.afterMs ?? backoffMs(tries + 1);
  return inDispatch(deps, input, async (tx) => {
    await closeAttempt(tx, input.tenantId, attemptId, {
      state: outcome.kind === 'retry' ? 'refused' : 'not_sent',
      error: outcome.error,
      retryInMs,
    });
    return {
      posts: [],
      recorded: { kind: 'open', reason: `${outcome.error.class} (code ${outcome.error.code})` },
    };
  });
}

/** Nobody takes the message: it is rejected, and its step is noted as begun even though nothing was claimed. */
export async function recordFailure(
  deps: ActivityDeps,
  input: SendMessageInput,
  failure: { readonly cause: 'send_refused' | 'no_account'; readonly error: MessageError },
): Promise<Recorded> {
  return inDispatch(deps, input, async (tx, dispatch, message) => {
    const messages = await listMessages(tx, input.tenantId, input.dispatchId);
    const refusal = refusalOf(dispatch, messages, input.position);
    if (refusal !== undefined) {
      return { posts: [], recorded: { kind: 'refused', refusal } };
    }
    await advanceDispatch(tx, input.tenantId, input.dispatchId, input.position);
    const left = await noteStepLeft(tx, dispatch, input, deps.compose.status);
    const rejected = await reject(deps, tx, dispatch, message, failure.cause, failure.error);
    return { ...rejected, posts: [...left, ...rejected.posts] };
  });
}

interface Written {
  readonly posts: readonly PendingCallback[];
  readonly recorded: Recorded;
}

async function reject(
  deps: ActivityDeps,
  tx: Sql,
  dispatch: LockedDispatch,
  message: Message,
  cause: 'send_refused' | 'no_account',
  error: MessageError,
): Promise<Written> {
  const news = { status: 'rejected' as const, at: dispatch.now, error };
  const { posts } = await recordStatus(tx, dispatch, message, news, deps.compose.status);
  return { posts, recorded: { kind: 'result', result: { kind: 'failed', cause } } };
}

/** Runs one transaction under the dispatch's lock, then hands its callbacks to the poster. */
async function inDispatch(
  deps: ActivityDeps,
  input: SendMessageInput,
  work: (tx: Sql, dispatch: LockedDispatch, message: Message) => Promise<Written>,
): Promise<Recorded> {
  const { posts, recorded } = await deps.db.transaction(async (tx) => {
    const dispatch = await lockDispatch(tx, input.tenantId, input.dispatchId);
    const message = await findMessage(tx, input.tenantId, input.messageId);
    if (dispatch === undefined || message === undefined) {
      throw new Error(`dispatch ${input.dispatchId} is not stored`);
    }
    return work(tx, dispatch, message);
  });
  deps.poster.offer(posts);
  return recorded;
}
