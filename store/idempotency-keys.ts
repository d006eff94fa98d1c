import type { Sql, Statement } from './database';

/** A key a caller sent: tenant, route and key name it for seven days. */
export interface IdempotencyScope {
  readonly tenantId: string;
  readonly route: string;
  readonly key: string;
}

export interface IdempotencyKey {
  readonly bodyHash: Buffer;
  readonly dispatchId: string;
  readonly answered: boolean;
  /** Whether the request that holds it may still answer. */
  readonly locked: boolean;
}

/** How long the request that holds a key has to answer, in seconds. */
const LOCK_SECONDS = 15;
const KEPT = `interval '7 days'`;
const SCOPE = `tenant_id = $1 and route = $2 and key = $3`;

const FIND: Statement = {
  name: 'idempotency-find',
  text: `
    select body_hash as "bodyHash", dispatch_id as "dispatchId", answered, locked_until > clock_timestamp() as locked
    from idempotency_keys where ${SCOPE} and created_at > now() - ${KEPT}`,
};

export async function findIdempotencyKey(
  sql: Sql,
  scope: IdempotencyScope,
): Promise<IdempotencyKey | undefined> {
  return sql.row<IdempotencyKey>(FIND, values(scope));
}

const INSERT: Statement = {
  name: 'idempotency-insert',
  text: `
    insert into idempotency_keys (tenant_id, route, key, body_hash, dispatch_id, locked_until)
    values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => ${LOCK_SECONDS}))
    on conflict (tenant_id, route, key) do update set body_hash = excluded.body_hash,
      dispatch_id = excluded.dispatch_id, answered = false, locked_until = excluded.locked_until, created_at = now()
      where idempotency_keys.created_at <= now() - ${KEPT}
    returning dispatch_id`,
};

/** Takes a key in the accept's transaction; false: somebody else has it. Waits for whoever is just taking it. */
export async function takeIdempotencyKey(
  tx: Sql,
  scope: IdempotencyScope,
  bodyHash: Buffer,
  dispatchId: string,
): Promise<boolean> {
  return (await tx.row(INSERT, [...values(scope), bodyHash, dispatchId])) !== undefined;
}

const RELOCK: Statement = {
  name: 'idempotency-relock',
  text: `
    update idempotency_keys set locked_until = clock_timestamp() + make_interval(secs => ${LOCK_SECONDS})
    where ${SCOPE} and not answered and locked_until <= clock_timestamp()
    returning dispatch_id`,
};

/** Takes over a key whose holder never answered; false: somebody else just did. */
export async function relockIdempotencyKey(sql: Sql, scope: IdempotencyScope): Promise<boolean> {
  return (await sql.row(RELOCK, values(scope))) !== undefined;
}

const ANSWER: Statement = {
  name: 'idempotency-answer',
  text: `
    update idempotency_keys set answered = true
    where ${SCOPE} and exists (
      select from dispatches d where d.id = idempotency_keys.dispatch_id
        and d.cause is distinct from 'accept_unconfirmed'
    )
    returning dispatch_id`,
};

/** Stores that 202 is the answer; false: the dispatch was taken back meanwhile. */
export async function answerIdempotencyKey(sql: Sql, scope: IdempotencyScope): Promise<boolean> {
  return (await sql.row(ANSWER, values(scope))) !== undefined;
}

const RELEASE: Statement = {
  name: 'idempotency-release',
  text: `update idempotency_keys set locked_until = clock_timestamp() where ${SCOPE} and not answered`,
};

/** Lets the next retry start the same dispatch at once. */
export async function releaseIdempotencyKey(sql: Sql, scope: IdempotencyScope): Promise<void> {
  await sql.rows(RELEASE, values(scope));
}

const DROP_UNANSWERED: Statement = {
  name: 'idempotency-drop-unanswered',
  text: `
    with key as (
      select dispatch_id, locked_until < clock_timestamp() as free from idempotency_keys
      where dispatch_id = $1 and tenant_id = $2 for update
    ), dropped as (
      delete from idempotency_keys k using key where k.dispatch_id = key.dispatch_id and key.free
    )
    select count(*) filter (where not free)::integer as held from key`,
};

/** Drops the key of an accept that is being taken back; false: a request still holds it, so the accept stays. */
export async function dropUnansweredKey(
  tx: Sql,
  tenantId: string,
  dispatchId: string,
): Promise<boolean> {
  const row = await tx.row<{ held: number }>(DROP_UNANSWERED, [dispatchId, tenantId]);
  return (row?.held ?? 0) === 0;
}

const FORGET: Statement = {
  name: 'idempotency-forget',
  text: `
    delete from idempotency_keys where (tenant_id, route, key) in (
      select tenant_id, route, key from idempotency_keys where created_at < now() - ${KEPT} limit $1)`,
};

/** Deletes keys that are over, of every tenant. */
export async function forgetIdempotencyKeys(sql: Sql, limit: number): Promise<void> {
  await sql.rows(FORGET, [limit]);
}

function values({ tenantId, route, key }: IdempotencyScope): unknown[] {
  return [tenantId, route, key];
}
