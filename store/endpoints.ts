import type { PendingCallback } from './callbacks';
import type { Database, Sql, Statement } from './database';
import { orNull } from './nullable';

/** A URL of an application that takes callbacks. */
export interface Endpoint {
  readonly id: string;
  readonly tenantId: string;
  readonly applicationId: string;
  readonly url: string;
  readonly state: 'active' | 'disabled';
  /** Whether it fails by its own fault; then only probes go out. */
  readonly down: boolean;
  /** Failures in a row by its own fault. */
  readonly failures: number;
  readonly disableOnGone: boolean;
}

const FIND: Statement = {
  name: 'endpoint-find',
  text: `
    select e.id, e.tenant_id as "tenantId", e.application_id as "applicationId", e.url, e.state, e.down, e.failures,
      a.disable_on_gone as "disableOnGone"
    from endpoints e join applications a on a.id = e.application_id
    where e.id = $1 and e.tenant_id = $2`,
};

export async function findEndpoint(
  sql: Sql,
  tenantId: string,
  endpointId: string,
): Promise<Endpoint | undefined> {
  return sql.row<Endpoint>(FIND, [endpointId, tenantId]);
}

/** What came of a post that was not taken. */
export interface FailedPost {
  readonly callbackId: string;
  /** What a person reads: `HTTP 500`, `connect`, `timeout`. */
  readonly error: string;
  readonly httpStatus?: number;
  /** Whether the endpoint itself is at fault (no connection, timeout, 5xx), and not this one callback. */
  readonly endpointFault: boolean;
  /** When it is tried again, in milliseconds; undefined: never (its schedule is over, or its URL is gone). */
  readonly retryInMs?: number;
}

/** A transaction that plans an endpoint's next wake-up holds its row. */
export const LOCK_ENDPOINT: Statement = {
  name: 'endpoint-lock',
  text: `
    select failures, down, extract(epoch from wakes_at - clock_timestamp()) * 1000 as "wakesInMs"
    from endpoints where id = $1 and tenant_id = $2 for no key update`,
};

const FAIL: Statement = {
  name: 'callback-fail',
  text: `
    update callbacks set attempts = attempts + 1, failures = failures + 1, last_at = clock_timestamp(), last_error = $3,
      last_status = $4, lease_until = null, state = case when $5::float8 is null then 'exhausted' else state end,
      next_try_at = clock_timestamp() + $5::float8 * interval '1 millisecond'
    where id = $1 and tenant_id = $2 and state = 'pending'`,
};

/** A post that could not be tried here: it is due at once, for the callback workflow. */
const DEFER: Statement = {
  name: 'callback-defer',
  text: `
    update callbacks set lease_until = null, next_try_at = clock_timestamp()
    where id = $1 and tenant_id = $2 and state = 'pending'`,
};

const SET_HEALTH: Statement = {
  name: 'endpoint-set-health',
  text: `update endpoints set failures = $3, down = $4 where id = $1 and tenant_id = $2`,
};

export const SET_WAKE: Statement = {
  name: 'endpoint-set-wake',
  text: `
    update endpoints set wakes_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
    where id = $1 and tenant_id = $2`,
};

/** Failures in a row by its own fault after which an endpoint counts as down. */
const DOWN_AFTER_FAILURES = 3;

/**
 * Notes a failed post, or one that had no room here (`failed` absent), and puts it on its schedule.
 * Answers whether the endpoint's callback workflow must be woken: it has none, or it would wake too late.
 */
export async function handOverCallback(
  db: Database,
  callback: Pick<PendingCallback, 'id' | 'tenantId' | 'endpointId'>,
  failed?: FailedPost,
): Promise<{ wake: boolean }> {
  const { id, tenantId, endpointId } = callback;
  return db.transaction(async (tx) => {
    const endpoint = await tx.row<LockedEndpoint>(LOCK_ENDPOINT, [endpointId, tenantId]);
    if (failed === undefined) {
      await tx.rows(DEFER, [id, tenantId]);
      return wakeBy(tx, callback, { endpoint, dueInMs: 0 });
    }
    await tx.rows(FAIL, failValues(tenantId, failed));
    if (failed.endpointFault) {
      const failures = (endpoint?.failures ?? 0) + 1;
      await tx.rows(SET_HEALTH, [endpointId, tenantId, failures, failures >= DOWN_AFTER_FAILURES]);
    }
    return wakeBy(tx, callback, { endpoint, dueInMs: failed.retryInMs });
  });
}

interface LockedEndpoint {
  readonly failures: number;
  readonly down: boolean;
  readonly wakesInMs: number | null;
}

/** Under the endpoint's lock: brings its wake-up forward where that is needed. */
async function wakeBy(
  tx: Sql,
  { tenantId, endpointId }: Pick<PendingCallback, 'tenantId' | 'endpointId'>,
  due: { readonly endpoint: LockedEndpoint | undefined; readonly dueInMs: number | undefined },
): Promise<{ wake: boolean }> {
  const wakesInMs = due.endpoint?.wakesInMs ?? Number.POSITIVE_INFINITY;
  if (due.dueInMs === undefined || Number(wakesInMs) <= due.dueInMs) {
    return { wake: false };
  }
  await tx.rows(SET_WAKE, [endpointId, tenantId, due.dueInMs]);
  return { wake: true };
}

function failValues(tenantId: string, failed: FailedPost): unknown[] {
  return [
    failed.callbackId,
    tenantId,
    failed.error,
    orNull(failed.httpStatus),
    orNull(failed.retryInMs),
  ];
}

const FORGOTTEN: Statement = {
  name: 'endpoint-forgotten',
  text: `
    update endpoints e set wakes_at = clock_timestamp()
    where e.id in (
      select e.id from endpoints e
      where (
        (e.wakes_at is null or e.wakes_at < clock_timestamp() - interval '1 minute') and exists (
          select from callbacks c where c.endpoint_id = e.id and c.state = 'pending'
            and (c.lease_until is null or c.lease_until < clock_timestamp())
        )
      ) or (
        not e.down and e.wakes_at > clock_timestamp() + interval '5 seconds' and exists (
          select from callbacks c where c.endpoint_id = e.id and c.state = 'pending'
            and c.lease_until < clock_timestamp()
        )
      )
      limit $1 for no key update skip locked
    )
    returning e.id as "endpointId", e.tenant_id as "tenantId"`,
};

/**
 * Endpoints with a backlog that no workflow looks after, or would look after too late: their rows' process died, or a
 * wake-up was lost.
 */
export async function takeForgottenEndpoints(
  sql: Sql,
  limit: number,
): Promise<{ endpointId: string; tenantId: string }[]> {
  return sql.rows(FORGOTTEN, [limit]);
}

const DISABLE: Statement = {
  name: 'endpoint-disable',
  text: `update endpoints set state = 'disabled' where id = $1 and tenant_id = $2`,
};

/** Its URL said 410 Gone, and the application wants that obeyed. */
export async function disableEndpoint(
  sql: Sql,
  tenantId: string,
  endpointId: string,
): Promise<void> {
  await sql.rows(DISABLE, [endpointId, tenantId]);
}
