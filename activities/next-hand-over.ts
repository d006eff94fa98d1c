import type { MessageError } from '../domain/message';
import { MAX_RESENDS } from '../domain/vocabulary';
import type { LoadedAccount } from '../store/accounts';
import { closeAttempt, type Attempt } from '../store/attempts';
import { lockDispatch } from '../store/dispatches';
import type { SendMessageResult } from './send-message';
import { leftMs, type SendRun } from './send-run';

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

export async function nextHandOver(run: SendRun): Promise<HandOver> {
  const { attempts, message } = run.context;
  const open = attempts.find(({ state }) => state === 'claimed' || state === 'unknown');
  if (open?.state === 'claimed') {
    if (open.leaseLeftMs > 0) {
      return { kind: 'try_again', delayMs: open.leaseLeftMs + 10 };
    }
    await markUnknown(run, open);
  }
  const usable = await loadUsable(run, message.accountIds);
  return open === undefined ? chooseAccount(run, usable) : closeUnknown(run, open, usable);
}

/** Accounts of the plan that may send now: active, not disabled, with credentials that open. */
async function loadUsable(
  { deps, input }: SendRun,
  accountIds: readonly string[],
): Promise<LoadedAccount[]> {
  const loaded = await Promise.all(accountIds.map((id) => deps.accounts.load(input.tenantId, id)));
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
function chooseAccount(run: SendRun, usable: readonly LoadedAccount[]): HandOver {
  if (usable.length === 0) {
    return { kind: 'fail', cause: 'no_account', error: NO_ACCOUNT };
  }
  const { attempts } = run.context;
  const candidates = usable.map((loaded) => {
    const tried = attempts.filter(({ accountId }) => accountId === loaded.account.id);
    return { loaded, tries: tried.length, readyInMs: tried.at(-1)?.retryLeftMs ?? 0 };
  });
  const ready = candidates.filter(({ readyInMs }) => readyInMs <= 0);
  const [best] = ready.toSorted((a, b) => a.tries - b.tries);
  if (best !== undefined && leftMs(run) > LEAST_LEFT_MS) {
    return { kind: 'hand_over', loaded: best.loaded, possibleDuplicate: false };
  }
  const delayMs = Math.max(0, Math.min(...candidates.map(({ readyInMs }) => readyInMs)));
  return delayMs + LEAST_LEFT_MS < leftMs(run)
    ? { kind: 'try_again', delayMs }
    : { kind: 'fail', cause: 'send_refused', error: attempts.at(-1)?.error ?? OUT_OF_TIME };
}

/** An attempt of which nobody knows whether the provider took it: what its provider and its account's policy say. */
async function closeUnknown(
  run: SendRun,
  open: Attempt,
  usable: readonly LoadedAccount[],
): Promise<HandOver> {
  const owner = await ownerOf(run, open, usable);
  if (owner === undefined) {
    return WAIT;
  }
  const inTime = leftMs(run) > LEAST_LEFT_MS;
  if (inTime && takesTwice(owner)) {
    return { kind: 'hand_over', loaded: owner, possibleDuplicate: false, supersedes: open.id };
  }
  const policy = owner.account.onUnknown;
  if (policy !== 'resend') {
    return { kind: 'result', result: { kind: 'unknown', policy } };
  }
  const [first] = usable;
  return first !== undefined && inTime && maySendAgain(run)
    ? { kind: 'hand_over', loaded: first, possibleDuplicate: true, supersedes: open.id }
    : WAIT;
}

/** Whether the same message id sent again reaches the recipient once. */
function takesTwice(owner: LoadedAccount): boolean {
  return isUsable(owner) && owner.account.definition.capabilities.idempotency === 'native';
}

const WAIT: HandOver = { kind: 'result', result: { kind: 'unknown', policy: 'wait' } };

/** The account that may have sent it, even when it may not send any more. */
async function ownerOf(
  { deps, input }: SendRun,
  open: Attempt,
  usable: readonly LoadedAccount[],
): Promise<LoadedAccount | undefined> {
  const known = usable.find(({ account }) => account.id === open.accountId);
  return known ?? deps.accounts.load(input.tenantId, open.accountId);
}

function maySendAgain({ context }: SendRun): boolean {
  const resent = context.attempts.filter(({ state }) => state === 'superseded').length;
  return resent + 1 < MAX_RESENDS;
}

async function markUnknown({ deps, input }: SendRun, open: Attempt): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockDispatch(tx, input.tenantId, input.dispatchId);
    closeAttempt(tx, input.tenantId, open.id, { state: 'unknown', error: NO_RESULT });
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
