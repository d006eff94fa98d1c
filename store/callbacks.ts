import type { CallbackEvent } from '../domain/vocabulary';
import type { Sql, Statement, Tx } from './database';
import type { LockedDispatch } from './dispatches';

/** A callback composed: its webhook-id and the exact bytes of its body. */
export interface ComposedCallback {
  readonly id: string;
  readonly event: CallbackEvent;
  readonly status: string;
  readonly revision: number;
  readonly body: string;
}

/** A stored callback on its way to an endpoint. */
export interface PendingCallback {
  readonly id: string;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly body: string;
}

const INSERT: Statement = {
  name: 'callback-insert',
  text: `
    insert into callbacks (id, tenant_id, endpoint_id, dispatch_id, message_id, event, status, revision, body, state,
      lease_until)
    select c.id, $1, $2, $3, c.message_id, c.event, c.status, c.revision, c.body,
      case when $2::uuid is null then 'no_url' else 'pending' end, clock_timestamp() + make_interval(secs => $5)
    from jsonb_to_recordset($4::jsonb) as c (id uuid, message_id uuid, event text, status text, revision integer, body text)
    on conflict (id) do nothing`,
};

/** How long the process that wrote a callback has to post it before the callback workflow may, in seconds. */
const CALLBACK_LEASE_SECONDS = 20;

export interface NewCallback extends ComposedCallback {
  readonly messageId?: string;
}

/** Inserts callbacks in their order; answers those that are to be posted once the transaction has committed. */
export function insertCallbacks(
  tx: Tx,
  dispatch: LockedDispatch,
  callbacks: readonly NewCallback[],
): PendingCallback[] {
  if (callbacks.length === 0) {
    return [];
  }
  tx.enqueue(INSERT, [
    dispatch.tenantId,
    dispatch.endpointId,
    dispatch.id,
    JSON.stringify(
      callbacks.map(({ messageId, ...callback }) => ({
        ...callback,
        message_id: messageId ?? null,
      })),
    ),
    CALLBACK_LEASE_SECONDS,
  ]);
  const { endpointId, tenantId } = dispatch;
  return endpointId === null
    ? []
    : callbacks.map(({ id, body }) => ({ id, body, tenantId, endpointId }));
}

const TAKEN: Statement = {
  name: 'callback-taken',
  text: `
    with taken as (
      update callbacks set state = 'taken', attempts = attempts + 1, failures = 0, last_at = clock_timestamp(),
        last_error = null, last_status = 200, lease_until = null, next_try_at = null
      where id = any ($1::uuid[]) and state = 'pending'
      returning endpoint_id
    )
    update endpoints e set failures = 0, down = false
    where e.id in (select endpoint_id from taken) and (e.failures > 0 or e.down)`,
};

/** Notes that endpoints took these callbacks, of whatever tenants. */
export async function markTaken(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.rows(TAKEN, [ids]);
}
