import type { NewDispatch, NewStep } from '../domain/dispatch';
import type { CauseKind, DispatchStatus, EndStatus } from '../domain/vocabulary';
import type { Sql, Statement, Tx } from './database';

/** A dispatch's own facts, as every transaction that changes it sees them under its lock. */
export interface LockedDispatch {
  readonly id: string;
  readonly tenantId: string;
  readonly applicationId: string;
  readonly endpointId: string | null;
  readonly status: DispatchStatus;
  readonly cause: CauseKind | null;
  /** The step last claimed; -1 before the first. */
  readonly position: number;
  readonly hrefStyle: 'spec' | 'wire';
  readonly currency: string;
  readonly fee: string;
  readonly corrections: boolean;
  readonly stopOnLateSuccess: boolean;
  readonly revision: number;
  /** Postgres' clock: the time of everything this transaction records. */
  readonly now: Date;
}

const LOCK: Statement = {
  name: 'dispatch-lock',
  text: `
    select d.id, d.tenant_id as "tenantId", d.application_id as "applicationId", d.endpoint_id as "endpointId",
      d.status, d.cause, d.position, d.href_style as "hrefStyle", d.currency, d.fee, d.corrections,
      d.stop_on_late_success as "stopOnLateSuccess", d.revision, clock_timestamp() as now
    from dispatches d where d.id = $1 and d.tenant_id = $2
    for no key update`,
};

/**
 * Locks a dispatch for the rest of the transaction. A statement of its own: one that also reads would keep the snapshot
 * it had before it waited, and let a step start after its predecessor was met.
 */
export async function lockDispatch(
  tx: Sql,
  tenantId: string,
  dispatchId: string,
): Promise<LockedDispatch | undefined> {
  return tx.row<LockedDispatch>(LOCK, [dispatchId, tenantId]);
}

/** A request about to be accepted, with everything random already drawn. */
export interface AcceptedDispatch {
  readonly dispatchId: string;
  readonly applicationId: string;
  readonly template: NewDispatch['template'];
  readonly messages: readonly AcceptedMessage[];
}

export interface AcceptedMessage {
  readonly step: NewStep;
  readonly messageId: string;
  readonly accountIds: readonly string[];
  readonly recipientKey: Buffer;
}

const INSERT: Statement = {
  name: 'dispatch-insert',
  text: `
    with dispatch as (
      insert into dispatches (id, tenant_id, application_id, endpoint_id, template, currency, fee, href_style,
        corrections, stop_on_late_success)
      select $1, a.tenant_id, a.id, e.id, $4, a.currency, a.fee, a.href_style, a.corrections, a.stop_on_late_success
      from applications a
      left join endpoints e on e.application_id = a.id and e.is_status
      where a.id = $3 and a.tenant_id = $2 and a.revoked_at is null
      returning id, tenant_id, stop_on_late_success
    ), inserted as (
      insert into messages (id, tenant_id, dispatch_id, position, channel, recipient, sender, content, recipient_key,
        client_ref, account_ids, condition, expiry_seconds)
      select m.id, d.tenant_id, d.id, m.position, m.channel, m.recipient, m.sender, m.content,
        decode(m.recipient_key, 'hex'), m.client_ref, m.account_ids, m.condition, m.expiry_seconds
      from dispatch d, jsonb_to_recordset($5::jsonb) as m (id uuid, position integer, channel text, recipient jsonb,
        sender jsonb, content jsonb, recipient_key text, client_ref text, account_ids uuid[], condition text,
        expiry_seconds integer)
    )
    select stop_on_late_success as "stopOnLateSuccess" from dispatch`,
};

function messageRow({ step, ...message }: AcceptedMessage): object {
  return {
    id: message.messageId,
    position: step.position,
    channel: step.channel,
    recipient: step.recipient,
    sender: step.sender,
    content: step.content,
    recipient_key: message.recipientKey.toString('hex'),
    client_ref: step.clientRef,
    account_ids: message.accountIds,
    condition: step.failover?.condition,
    expiry_seconds: step.failover?.expirySeconds,
  };
}

/** Inserts a dispatch with its messages in one statement. Undefined: the application is unknown or revoked. */
export async function insertDispatch(
  sql: Sql,
  tenantId: string,
  accepted: AcceptedDispatch,
): Promise<{ stopOnLateSuccess: boolean } | undefined> {
  const messages = accepted.messages.map(messageRow);
  return sql.row(INSERT, [
    accepted.dispatchId,
    tenantId,
    accepted.applicationId,
    accepted.template,
    JSON.stringify(messages),
  ]);
}

const CANCEL_UNCONFIRMED: Statement = {
  name: 'dispatch-cancel-unconfirmed',
  text: `
    update dispatches set status = 'canceled', cause = 'accept_unconfirmed', ended_at = clock_timestamp()
    where id = $1 and tenant_id = $2 and position = -1 and status = 'running'
    returning id`,
};

/** Takes an accept back that Temporal never confirmed. False: it is being sent already, so it stands. */
export async function cancelUnconfirmed(
  sql: Sql,
  tenantId: string,
  dispatchId: string,
): Promise<boolean> {
  return (await sql.row(CANCEL_UNCONFIRMED, [dispatchId, tenantId])) !== undefined;
}

const ADVANCE: Statement = {
  name: 'dispatch-advance',
  text: `
    with dispatch as (
      update dispatches set position = greatest(position, $3) where id = $1 and tenant_id = $2 returning id
    )
    update messages m set started_at = coalesce(m.started_at, clock_timestamp())
    from dispatch d where m.dispatch_id = d.id and m.position = $3`,
};

/** Notes that a step has begun. */
export function advanceDispatch(
  tx: Tx,
  tenantId: string,
  dispatchId: string,
  position: number,
): void {
  tx.enqueue(ADVANCE, [dispatchId, tenantId, position]);
}

const END: Statement = {
  name: 'dispatch-end',
  text: `
    with dispatch as (
      update dispatches set status = $3, cause = $4, ended_at = clock_timestamp(), revision = revision + 1
      where id = $1 and tenant_id = $2 returning id
    )
    update messages m set outcome = s.outcome, ended_at = coalesce(m.ended_at, clock_timestamp()),
      cause = s.cause || jsonb_build_object('lastStatus', m.status)
    from dispatch d, jsonb_to_recordset($5::jsonb) as s (position integer, outcome text, cause jsonb)
    where m.dispatch_id = d.id and m.position = s.position and (m.outcome is null or s.outcome = 'met')`,
};

/** Writes the end and how each step came out. */
export function endDispatch(
  tx: Tx,
  tenantId: string,
  dispatchId: string,
  end: {
    readonly status: EndStatus;
    readonly cause: CauseKind;
    readonly steps: readonly { position: number; outcome: string; cause: unknown }[];
  },
): void {
  tx.enqueue(END, [dispatchId, tenantId, end.status, end.cause, JSON.stringify(end.steps)]);
}

const UNCLAIMED: Statement = {
  name: 'dispatch-unclaimed',
  text: `
    select d.id as "dispatchId", d.tenant_id as "tenantId" from dispatches d
    where d.status = 'running' and d.position = -1 and d.created_at < now() - make_interval(secs => $1)
    order by d.created_at limit 500`,
};

/** Accepts of any tenant that no step was claimed for, older than so many seconds. */
export async function listUnclaimed(
  sql: Sql,
  olderThanSeconds: number,
): Promise<{ dispatchId: string; tenantId: string }[]> {
  return sql.rows(UNCLAIMED, [olderThanSeconds]);
}

const RUNNING: Statement = {
  name: 'dispatch-running',
  text: `
    select d.id as "dispatchId", d.tenant_id as "tenantId", d.position from dispatches d
    where d.status = 'running' and d.created_at < now() - make_interval(secs => $1) and d.id::text > $2
    order by d.id::text limit 100`,
};

/** The next hundred running dispatches of any tenant, by id, older than so many seconds. */
export async function listRunning(
  sql: Sql,
  olderThanSeconds: number,
  afterId: string,
): Promise<{ dispatchId: string; tenantId: string; position: number }[]> {
  return sql.rows(RUNNING, [olderThanSeconds, afterId]);
}

const STOPS: Statement = {
  name: 'dispatch-stops-on-late-success',
  text: `select stop_on_late_success as stops from dispatches where id = $1 and tenant_id = $2`,
};

export async function stopsOnLateSuccess(
  sql: Sql,
  tenantId: string,
  dispatchId: string,
): Promise<boolean> {
  return (await sql.row<{ stops: boolean }>(STOPS, [dispatchId, tenantId]))?.stops ?? false;
}

const COUNT_RUNNING: Statement = {
  name: 'dispatch-count-running',
  text: `
    select count(*)::integer as count from (
      select from dispatches where tenant_id = $1 and status = 'running' limit $2
    ) as running`,
};

/** A tenant's open dispatches, counted up to `limit`. */
export async function countRunning(sql: Sql, tenantId: string, limit: number): Promise<number> {
  return (await sql.row<{ count: number }>(COUNT_RUNNING, [tenantId, limit]))?.count ?? 0;
}
