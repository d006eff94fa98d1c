import type {
  AttemptView,
  CallbackView,
  DispatchView,
  MessageView,
  StatusView,
  StepView,
} from '../domain/dispatch-view';
import type { StepCause } from '../domain/failover-state';
import type { Party, Usage } from '../domain/message';
import { totalsByCurrency } from '../domain/usage';
import type { CauseKind, Condition, DispatchStatus } from '../domain/vocabulary';
import type { Sql, Statement } from './database';

/** What GET answers from. Everything a row has, in one statement each. */
const STEP_COLUMNS = `m.position, m.channel, m.id as "messageId", m.dispatch_id as "dispatchId", m.recipient, m.sender, m.condition,
  m.expiry_seconds as "expirySeconds", m.status, m.started_at as "startedAt", m.accepted_at as "acceptedAt",
  m.ended_at as "endedAt", m.outcome, m.cause, m.statuses, m.price, m.currency,
  coalesce((
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('number', a.number, 'provider', p.code, 'account', a.account_id,
      'state', a.state, 'at', to_char(a.claimed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'ms', round(extract(epoch from a.ended_at - a.claimed_at) * 1000), 'error', a.error)) order by a.number)
    from attempts a
    join dispatch_configs c on c.id = a.account_id
    join dispatch_providers p on p.id = c.dispatch_provider_id
    where a.message_id = m.id
  ), '[]'::jsonb) as attempts`;

const STEPS: Statement = {
  name: 'view-steps',
  text: `select ${STEP_COLUMNS} from messages m where m.dispatch_id = $1 and m.tenant_id = $2 order by m.position`,
};
const STEP: Statement = {
  name: 'view-step',
  text: `select ${STEP_COLUMNS} from messages m where m.id = $1 and m.tenant_id = $2`,
};
const DISPATCH: Statement = {
  name: 'view-dispatch',
  text: `
    select d.id, d.status, d.cause, d.position, d.currency, d.fee, d.created_at as "createdAt", d.ended_at as "endedAt"
    from dispatches d where d.id = $1 and d.tenant_id = $2`,
};
const CALLBACKS: Statement = {
  name: 'view-callbacks',
  text: `
    select c.id, c.event, c.message_id as "messageId", c.status, c.state, c.attempts, c.last_at as "lastAt"
    from callbacks c where c.dispatch_id = $1 and c.tenant_id = $2
    order by c.committed_xid, c.sequence`,
};

interface StepRow {
  readonly position: number;
  readonly channel: string;
  readonly messageId: string;
  readonly dispatchId: string;
  readonly recipient: Party | null;
  readonly sender: Party | null;
  readonly condition: Condition | null;
  readonly expirySeconds: number | null;
  readonly status: StepView['status'];
  readonly startedAt: Date | null;
  readonly acceptedAt: Date | null;
  readonly endedAt: Date | null;
  readonly outcome: NonNullable<StepView['outcome']> | null;
  readonly cause: StepCause | null;
  readonly statuses: readonly StatusView[];
  readonly attempts: readonly AttemptView[];
  readonly price: string | null;
  readonly currency: string | null;
}

interface DispatchRow {
  readonly id: string;
  readonly status: DispatchStatus;
  readonly cause: CauseKind | null;
  readonly position: number;
  readonly currency: string;
  readonly fee: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

type CallbackRow = Omit<CallbackView, 'messageId' | 'lastAt'> & {
  readonly messageId: string | null;
  readonly lastAt: Date | null;
};

/** A dispatch with its whole timeline; undefined: unknown, or another tenant's. */
export async function findDispatchView(
  sql: Sql,
  tenantId: string,
  dispatchId: string,
): Promise<DispatchView | undefined> {
  const dispatch = await sql.row<DispatchRow>(DISPATCH, [dispatchId, tenantId]);
  if (dispatch === undefined) {
    return undefined;
  }
  const rows = await sql.rows<StepRow>(STEPS, [dispatchId, tenantId]);
  const callbacks = await sql.rows<CallbackRow>(CALLBACKS, [dispatchId, tenantId]);
  const steps = rows.map(stepFromRow);
  const [own, ...others] = totalsByCurrency(steps, dispatch.currency, dispatch.fee);
  return {
    dispatchId: dispatch.id,
    status: dispatch.status,
    createdAt: dispatch.createdAt.toISOString(),
    totals: [own ?? { price: '0', currency: dispatch.currency }, ...others],
    steps,
    callbacks: callbacks.map(callbackFromRow),
    ...(dispatch.cause !== null && { cause: dispatch.cause }),
    ...(dispatch.endedAt !== null && { endedAt: dispatch.endedAt.toISOString() }),
    ...(dispatch.position >= 0 && { currentStep: dispatch.position }),
  };
}

/** One message; undefined: unknown, or another tenant's. */
export async function findMessageView(
  sql: Sql,
  tenantId: string,
  messageId: string,
): Promise<MessageView | undefined> {
  const row = await sql.row<StepRow>(STEP, [messageId, tenantId]);
  return row === undefined
    ? undefined
    : {
        ...stepFromRow(row),
        dispatchId: row.dispatchId,
        ...(row.recipient !== null && { recipient: row.recipient }),
        ...(row.sender !== null && { sender: row.sender }),
      };
}

function stepFromRow(row: StepRow): StepView {
  const { condition, expirySeconds, cause } = row;
  return {
    position: row.position,
    channel: row.channel,
    messageId: row.messageId,
    status: row.status,
    statuses: row.statuses,
    attempts: row.attempts,
    ...(condition !== null && expirySeconds !== null && { failover: { condition, expirySeconds } }),
    ...instants(row),
    ...(row.outcome !== null && { outcome: row.outcome }),
    ...(cause !== null && { cause: { ...cause, at: new Date(cause.at).toISOString() } }),
    ...usageOf(row),
  };
}

function instants(
  row: StepRow,
): Pick<StepView, 'startedAt' | 'acceptedAt' | 'expiresAt' | 'endedAt'> {
  const from = row.acceptedAt ?? row.startedAt;
  return {
    ...(row.startedAt !== null && { startedAt: row.startedAt.toISOString() }),
    ...(row.acceptedAt !== null && { acceptedAt: row.acceptedAt.toISOString() }),
    ...(from !== null &&
      row.expirySeconds !== null && {
        expiresAt: new Date(from.getTime() + row.expirySeconds * 1_000).toISOString(),
      }),
    ...(row.endedAt !== null && { endedAt: row.endedAt.toISOString() }),
  };
}

function usageOf({ price, currency }: StepRow): { usage?: Usage } {
  return price === null || currency === null ? {} : { usage: { price, currency } };
}

function callbackFromRow({ messageId, lastAt, ...row }: CallbackRow): CallbackView {
  return {
    ...row,
    ...(messageId !== null && { messageId }),
    ...(lastAt !== null && { lastAt: lastAt.toISOString() }),
  };
}
