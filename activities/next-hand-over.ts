import type { MessageError } from '../domain/message';
import { MAX_RESENDS } from '../domain/vocabulary';
import type { LoadedAccount } from '../store/accounts';
import { closeAttempt, type Attempt, type SendContext } from '../store/attempts';
import { lockDispatch } from '../store/dispatches';
import type { ActivityDeps } from './deps';
import type { SendMessageInput, SendMessageResult } from './send-message';

/** What a run is to do: hand over through an account, wait, give up, or only tell what is known. */
export type HandOver =
  | {
      readonly kind: 'hand_over';
      readonly loaded: LoadedAccount;
      readonly possibleDuplicate: boolean;
      /** The unknown attempt that is sent again. */
      readonly supersedes?: string;
    }
  | { readonly kind: 'try_again'; readonly delayMs: number }
  | {
      readonly kind: 'fail';
      readonly cause: 'send_refused' | 'no_account';
      readonly error: MessageError;
    }
  | { readonly kind: 'result'; readonly result: SendMessageResult };

/** A hand-over that has less than this left of its step is not begun, in milliseconds. */
const LEAST_LEFT_MS = 50;

export async function nextHandOver(
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
): Promise<HandOver> {
  const open = context.attempts.find(({ state }) => state === 'claimed' || state === 'unknown');
  if (open?.state === 'claimed') {
    if (open.leaseLeftMs > 0) {
      return { kind: 'try_again', delayMs: open.leaseLeftMs + 10 };
    }
    await markUnknown(deps, input, open);
  }
  const usable = await loadUsable(deps, input.tenantId, context.message.accountIds);
  return open === undefined
    ? chooseAccount(input, context, usable)
    : closeUnknown(deps, input, context, open, usable);
}

/** Accounts of the plan that may send now: active, not disabled, with credentials that open. */
async function loadUsable(
  deps: ActivityDeps,
  tenantId: string,
  accountIds: readonly string[],
): Promise<LoadedAccount[]> {
  const loaded = await Promise.all(accountIds.map((id) => deps.accounts.load(tenantId, id)));
  return loaded.flatMap((one) => (one !== undefined && isUsable(one) ? [one] : []));
}

function isUsable({ account, credentials }: LoadedAccount): boolean {
  return (
    credentials !== undefined &&
    account.isActive &&
    account.provider.isActive &&
    account.state !== 'disabled'
  );
}

/** The first account in order that was asked least often and may be asked now. */
function chooseAccount(
  input: SendMessageInput,
  context: SendContext,
  usable: readonly LoadedAccount[],
): HandOver {
  if (usable.length === 0) {
    return { kind: 'fail', cause: 'no_account', error: NO_ACCOUNT };
  }
  const candidates = usable.map((loaded) => {
    const tried = context.attempts.filter(({ accountId }) => accountId === loaded.account.id);
    return { loaded, tries: tried.length, readyInMs: tried.at(-1)?.retryLeftMs ?? 0 };
  });
  const leftMs = input.budgetMs - context.startedMsAgo;
  const ready = candidates.filter(({ readyInMs }) => readyInMs <= 0);
  const [best] = ready.toSorted((a, b) => a.tries - b.tries);
  if (best !== undefined && leftMs > LEAST_LEFT_MS) {
    return { kind: 'hand_over', loaded: best.loaded, possibleDuplicate: false };
  }
  const delayMs = Math.max(0, Math.min(...candidates.map(({ readyInMs }) => readyInMs)));
  return delayMs + LEAST_LEFT_MS < leftMs
    ? { kind: 'try_again', delayMs }
    : { kind: 'fail', cause: 'send_refused', error: context.attempts.at(-1)?.error ?? OUT_OF_TIME };
}

/** An attempt of which nobody knows whether the provider took it: what its provider and its account's policy say. */
async function closeUnknown(
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
  open: Attempt,
  usable: readonly LoadedAccount[],
): Promise<HandOver> {
  const owner =
    usable.find(({ account }) => account.id === open.accountId) ??
    (await deps.accounts.load(input.tenantId, open.accountId));
  if (owner === undefined) {
    return { kind: 'result', result: { kind: 'unknown', policy: 'wait' } };
  }
  const leftMs = input.budgetMs - context.startedMsAgo;
  const mayResend = isUsable(owner) && leftMs > LEAST_LEFT_MS;
  if (mayResend && owner.account.definition.capabilities.idempotency === 'native') {
    return { kind: 'hand_over', loaded: owner, possibleDuplicate: false, supersedes: open.id };
  }
  const policy = owner.account.onUnknown;
  const resends = context.attempts.filter(({ state }) => state === 'superseded').length;
  if (policy !== 'resend') {
    return { kind: 'result', result: { kind: 'unknown', policy } };
  }
  const [first] = usable;
  if (first === undefined || leftMs <= LEAST_LEFT_MS || resends + 1 >= MAX_RESENDS) {
    return { kind: 'result', result: { kind: 'unknown', policy: 'wait' } };
  }
  return { kind: 'hand_over', loaded: first, possibleDuplicate: true, supersedes: open.id };
}

async function markUnknown(
  deps: ActivityDeps,
  input: SendMessageInput,
  open: Attempt,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockDispatch(tx, input.tenantId, input.dispatchId);
    await closeAttempt(tx, input.tenantId, open.id, { state: 'unknown', error: NO_RESULT });
  });
}

const NO_ACCOUNT: MessageError = {
  class: 'unsupported',
  code: 1250,
  reason: 'No usable provider account for this channel',
};
const OUT_OF_TIME: MessageError = {
  class: 'outage',
  code: 1030,
  reason: 'The time for sending ran out',
};
const NO_RESULT: MessageError = {
  class: 'outage',
  code: 1030,
  reason: 'The process that was sending went away before it could tell the result',
};
