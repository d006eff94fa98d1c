import { randomUUID } from 'node:crypto';
import type { Party } from '../domain/message';
import type { PlannableAccount } from '../store/accounts';
import type { Database } from '../store/database';
import { stopsOnLateSuccess, type AcceptedDispatch } from '../store/dispatches';
import { listMessages } from '../store/messages';
import type { AcceptDeps, AcceptRequest } from './accept';
import type { StartableDispatch } from './workflow-starter';

/** A request ready to be stored and started. */
export interface Planned {
  readonly accepted: AcceptedDispatch;
  readonly startable: Omit<StartableDispatch, 'stopOnLateSuccess'>;
}

/** Draws the ids and picks each step's accounts: all that is random or may change is settled here. */
export async function planDispatch(deps: AcceptDeps, accept: AcceptRequest): Promise<Planned> {
  await deps.refuseBeyondQuota(accept.tenantId);
  const { steps } = accept.request;
  const accounts = await Promise.all(
    steps.map((step) => deps.accounts.plan(accept.tenantId, step.channel, step.sender)),
  );
  const dispatchId = randomUUID();
  const messages = steps.map((step, index) => ({
    step,
    messageId: randomUUID(),
    accountIds: (accounts[index] ?? []).map(({ id }) => id),
    recipientKey: deps.hashSecret(identityOf(step.recipient)),
  }));
  return {
    accepted: {
      dispatchId,
      applicationId: accept.applicationId,
      template: accept.request.template,
      messages,
    },
    startable: {
      tenantId: accept.tenantId,
      dispatchId,
      steps: steps.map((step, index) => ({
        messageId: messages[index]?.messageId ?? '',
        channel: step.channel,
        recipient: step.recipient,
        condition: step.failover?.condition,
        expirySeconds: step.failover?.expirySeconds,
        callTimeoutMs: longestCallMs(accounts[index] ?? []),
      })),
    },
  };
}

function longestCallMs(accounts: readonly PlannableAccount[]): number | undefined {
  return accounts.length === 0
    ? undefined
    : Math.max(...accounts.map(({ timeoutMs }) => timeoutMs));
}

function identityOf(party: Party): string {
  return party.number ?? party.id ?? '';
}

/** What is stored, to be started (again) by a retry with its key. */
export async function startableFromStore(
  db: Database,
  tenantId: string,
  dispatchId: string,
): Promise<StartableDispatch> {
  const messages = await listMessages(db, tenantId, dispatchId);
  return {
    tenantId,
    dispatchId,
    stopOnLateSuccess: await stopsOnLateSuccess(db, tenantId, dispatchId),
    steps: messages.map((message) => ({
      messageId: message.id,
      channel: message.channel,
      recipient: message.recipient,
      condition: message.condition ?? undefined,
      expirySeconds: message.expirySeconds ?? undefined,
    })),
  };
}
