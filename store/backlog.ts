import type { PendingCallback } from './callbacks';
import type { Database, Sql, Statement } from './database';
import { LOCK_ENDPOINT, SET_WAKE } from './endpoints';

/** A callback of a backlog, with what its schedule is reckoned from. */
export interface DueCallback extends PendingCallback {
  readonly failures: number;
  readonly ageMs: number;
}

/**
 * Due: nobody holds its lease and its time has come. In the order of commits: a transaction that is still open may yet
 * commit an earlier row, so rows at or past the oldest open transaction wait.
 */
const DUE_WHERE = `c.endpoint_id = $1 and c.tenant_id = $2 and c.state = 'pending'
  and (c.lease_until is null or c.lease_until < clock_timestamp())`;

const DUE: Statement = {
  name: 'callback-due',
  text: `
    select c.id, c.tenant_id as "tenantId", c.endpoint_id as "endpointId", c.body, c.failures,
      (extract(epoch from clock_timestamp() - c.created_at) * 1000)::float8 as "ageMs"
    from callbacks c
    where ${DUE_WHERE} and ($4 or c.next_try_at is null or c.next_try_at <= clock_timestamp())
      and c.committed_xid < pg_snapshot_xmin(pg_current_snapshot())
    order by c.committed_xid, c.sequence limit $3`,
};

/** The next callbacks of a backlog in order. `anyTime`: also those whose own time has not come, for a probe. */
export async function listDueCallbacks(
  sql: Sql,
  tenantId: string,
  endpointId: string,
  { limit, anyTime }: { readonly limit: number; readonly anyTime: boolean },
): Promise<DueCallback[]> {
  return sql.rows<DueCallback>(DUE, [endpointId, tenantId, limit, anyTime]);
}

const NEXT: Statement = {
  name: 'endpoint-next-wake',
  text: `
    select count(*)::integer as pending,
      (extract(epoch from min(greatest(coalesce(c.lease_until, c.next_try_at, clock_timestamp()),
        coalesce(c.next_try_at, c.lease_until, clock_timestamp()))) - clock_timestamp()) * 1000)::float8 as "dueInMs"
    from callbacks c where c.endpoint_id = $1 and c.tenant_id = $2 and c.state = 'pending'`,
};

const REST: Statement = {
  name: 'endpoint-rest',
  text: `update endpoints set wakes_at = null where id = $1 and tenant_id = $2`,
};

/** Rows whose lease runs are still somebody else's: the workflow does not stay alive for them. */
const BACKLOG: Statement = {
  name: 'endpoint-backlog',
  text: `
    select count(*)::integer as pending from callbacks c
    where c.endpoint_id = $1 and c.tenant_id = $2 and c.state = 'pending'
      and (c.lease_until is null or c.lease_until < clock_timestamp())`,
};

/**
 * Under the endpoint's lock: when its workflow is to wake next, or undefined when nothing is left and it may end.
 * `probeInMs`: the endpoint is down and is probed then, whatever else is due.
 */
export async function nextWake(
  db: Database,
  tenantId: string,
  endpointId: string,
  probeInMs?: number,
): Promise<number | undefined> {
  return db.transaction(async (tx) => {
    await tx.row(LOCK_ENDPOINT, [endpointId, tenantId]);
    const backlog = await tx.row<{ pending: number }>(BACKLOG, [endpointId, tenantId]);
    if ((backlog?.pending ?? 0) === 0) {
      await tx.rows(REST, [endpointId, tenantId]);
      return undefined;
    }
    const next = await tx.row<{ dueInMs: number | null }>(NEXT, [endpointId, tenantId]);
    // Never below a few milliseconds: rows behind an open transaction are looked at again soon, not in a spin.
    const dueInMs = Math.max(20, probeInMs ?? next?.dueInMs ?? 0);
    await tx.rows(SET_WAKE, [endpointId, tenantId, dueInMs]);
    return dueInMs;
  });
}
