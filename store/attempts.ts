import type { StepCause } from '../domain/failover-state';
import type { MessageError } from '../domain/message';
import type { AttemptState, DispatchStatus, Resolution } from '../domain/vocabulary';
import type { PendingCallback } from './callbacks';
import type { Database, Sql, Statement, Tx } from './database';
import { lockDispatch } from './dispatches';
import { listMessages, type ComposeStatus, type Message } from './messages';
import { orNull } from './nullable';
import { noteStepLeft, refusalOf, type StepRefusal } from './steps';

/** One try to hand a message to an account. Times are what is left, in milliseconds, by Postgres' clock. */
export interface Attempt {
  readonly id: string;
  readonly accountId: string;
  readonly number: number;
  readonly state: AttemptState;
  readonly leaseLeftMs: number;
  /** Until its account may be asked again; null: at once. */
  readonly retryLeftMs: number | null;
  readonly messageRef: string | null;
  readonly error: MessageError | null;
}

/** All that a send needs to know before it decides what to do. */
export interface SendContext {
  readonly message: Message;
  readonly dispatchStatus: DispatchStatus;
  readonly attempts: readonly Attempt[];
  /** Since the step began; 0 before. */
  readonly startedMsAgo: number;
  /** Since a provider accepted it; 0 before. */
  readonly acceptedMsAgo: number;
}

const CONTEXT: Statement = {
  name: 'attempt-context',
  text: `
    select m.id, m.position, m.channel, m.recipient, m.sender, m.content,
      m.client_ref as "clientRef", m.account_ids as "accountIds", m.condition, m.expiry_seconds as "expirySeconds",
      m.status, m.error, m.price, m.currency, m.usage_revision as "usageRevision", m.signals,
      m.started_at as "startedAt", m.accepted_at as "acceptedAt", d.status as "dispatchStatus",
      coalesce(extract(epoch from clock_timestamp() - m.started_at) * 1000, 0)::float8 as "startedMsAgo",
      coalesce(extract(epoch from clock_timestamp() - m.accepted_at) * 1000, 0)::float8 as "acceptedMsAgo",
      coalesce((
        select jsonb_agg(jsonb_build_object('id', a.id, 'accountId', a.account_id, 'number', a.number, 'state', a.state,
          'leaseLeftMs', extract(epoch from a.lease_until - clock_timestamp()) * 1000,
          'retryLeftMs', extract(epoch from a.retry_at - clock_timestamp()) * 1000,
          'messageRef', a.message_ref, 'error', a.error) order by a.number)
        from attempts a where a.message_id = m.id
      ), '[]'::jsonb) as attempts
    from messages m join dispatches d on d.id = m.dispatch_id
    where m.id = $1 and m.tenant_id = $2`,
};

export async function findSendContext(
  sql: Sql,
  tenantId: string,
  messageId: string,
): Promise<SendContext | undefined> {
  const row = await sql.row<Message & Omit<SendContext, 'message'>>(CONTEXT, [messageId, tenantId]);
  if (row === undefined) {
    return undefined;
  }
  const { dispatchStatus, attempts, startedMsAgo, acceptedMsAgo, ...message } = row;
  return { message, dispatchStatus, attempts, startedMsAgo, acceptedMsAgo };
}

export interface Claim {
  readonly tenantId: string;
  readonly dispatchId: string;
  readonly messageId: string;
  readonly position: number;
  readonly attemptId: string;
  readonly number: number;
  readonly accountId: string;
  readonly leaseMs: number;
  /** The unknown attempt that this one is sent again for. */
  readonly supersedes?: string;
  readonly possibleDuplicate: boolean;
  /** Why the step before was left. */
  readonly previousCause?: StepCause;
}

/** `claimed`: go on. `held`: another attempt is open. Else nothing may be sent any more. */
export type ClaimResult =
  | { readonly kind: 'claimed'; readonly posts: readonly PendingCallback[] }
  | { readonly kind: 'held' }
  | StepRefusal;

const CLAIM: Statement = {
  name: 'attempt-claim',
  text: `
    with attempt as (
      insert into attempts (id, tenant_id, message_id, account_id, number, state, lease_until, possible_duplicate)
      values ($1, $2, $3, $4, $5, 'claimed', clock_timestamp() + $6 * interval '1 millisecond', $7)
      on conflict do nothing returning id
    ), dispatch as (
      update dispatches set position = greatest(position, $9)
      where id = $8 and tenant_id = $2 and position < $9 and exists (select from attempt)
    ), started as (
      update messages set started_at = clock_timestamp()
      where id = $3 and started_at is null and exists (select from attempt)
    )
    select id from attempt
    union select id from attempts where id = $1`,
};

const SUPERSEDE: Statement = {
  name: 'attempt-supersede',
  text: `
    update attempts set state = 'superseded', resolution = 'resent'
    where id = $1 and tenant_id = $2 and state = 'unknown'`,
};

/** Takes the permit to hand a message over: one open attempt per message, and only while that is still wanted. */
export async function claimAttempt(
  db: Database,
  claim: Claim,
  compose: ComposeStatus,
): Promise<ClaimResult> {
  return db.transaction(async (tx) => {
    const [dispatch, messages] = await Promise.all([
      lockDispatch(tx, claim.tenantId, claim.dispatchId),
      listMessages(tx, claim.tenantId, claim.dispatchId),
    ]);
    const refusal = refusalOf(dispatch, messages, claim.position);
    if (dispatch === undefined || refusal !== undefined) {
      return refusal ?? { kind: 'ended' };
    }
    if (claim.supersedes !== undefined) {
      tx.enqueue(SUPERSEDE, [claim.supersedes, claim.tenantId]);
    }
    const claimed = await tx.row(CLAIM, claimValues(claim));
    if (claimed === undefined) {
      return { kind: 'held' };
    }
    const posts = claim.position === 0 ? [] : await noteStepLeft({ tx, dispatch, compose }, claim);
    return { kind: 'claimed', posts };
  });
}

function claimValues(claim: Claim): unknown[] {
  return [
    claim.attemptId,
    claim.tenantId,
    claim.messageId,
    claim.accountId,
    claim.number,
    claim.leaseMs,
    claim.possibleDuplicate,
    claim.dispatchId,
    claim.position,
  ];
}

const ACCEPT: Statement = {
  name: 'attempt-accept',
  text: `
    update attempts set
      state = case when state in ('claimed', 'unknown') then 'accepted' else state end,
      resolution = case when state = 'unknown' then coalesce(resolution, $4) else resolution end,
      message_ref = coalesce($3, message_ref),
      ended_at = coalesce(ended_at, clock_timestamp())
    where id = $1 and tenant_id = $2
    returning state`,
};

/** Notes that a provider took the message; a late answer adds its reference to what was settled without it. */
export function acceptAttempt(
  tx: Tx,
  tenantId: string,
  attemptId: string,
  how: { readonly messageRef?: string | undefined; readonly resolution: Resolution },
): void {
  tx.enqueue(ACCEPT, [attemptId, tenantId, orNull(how.messageRef), how.resolution]);
}

const IS_CLAIMED: Statement = {
  name: 'attempt-is-claimed',
  text: `select from attempts where id = $1 and tenant_id = $2 and state = 'claimed'`,
};

/** Whether a hand-over is still its holder's: once its lease is over, whoever finds it takes the message over. */
export async function isClaimed(tx: Sql, tenantId: string, attemptId: string): Promise<boolean> {
  return (await tx.row(IS_CLAIMED, [attemptId, tenantId])) !== undefined;
}

const CLOSE: Statement = {
  name: 'attempt-close',
  text: `
    update attempts set state = $3, error = $4, ended_at = clock_timestamp(),
      retry_at = clock_timestamp() + $5 * interval '1 millisecond'
    where id = $1 and tenant_id = $2 and state = 'claimed'`,
};

/** Notes any other end of a hand-over. `retryInMs`: when its account may be asked again. */
export function closeAttempt(
  tx: Tx,
  tenantId: string,
  attemptId: string,
  end: {
    readonly state: Extract<AttemptState, 'refused' | 'not_sent' | 'unknown'>;
    readonly error: MessageError;
    readonly retryInMs?: number;
  },
): void {
  tx.enqueue(CLOSE, [
    attemptId,
    tenantId,
    end.state,
    JSON.stringify(end.error),
    orNull(end.retryInMs),
  ]);
}

const EXPIRE: Statement = {
  name: 'attempt-expire-leases',
  text: `
    update attempts set state = 'unknown', ended_at = clock_timestamp()
    where state = 'claimed' and lease_until < clock_timestamp() - make_interval(secs => $1)`,
};

/** A claim whose lease is over long since has an unknown outcome: nobody will come back to say so. Every tenant's. */
export async function expireLeases(sql: Sql, graceSeconds: number): Promise<void> {
  await sql.rows(EXPIRE, [graceSeconds]);
}
