import { v7 as uuidV7 } from 'uuid';
import { DomainError } from '../domain/errors';
import { lockApplication } from './applications';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { found, isUuid, requireThat } from './ids';
import { publicKeyFromPem } from './public-key';

/** The live public keys of a live application: what verifies its JWTs. */
export interface ApplicationKeys {
  readonly id: string;
  readonly tenantId: string;
  readonly keys: readonly { readonly kid?: string; readonly publicKey: string }[];
}

/** One live key. `createdAt` is ISO 8601. */
export interface ApplicationKey {
  readonly id: string;
  readonly kid?: string;
  readonly publicKey: string;
  readonly createdAt: string;
}

export interface NewApplicationKey {
  /** RSA public key as PEM. */
  readonly publicKey: string;
  /** Name a JWT header may pick it by. */
  readonly kid?: string;
}

interface KeyRow {
  readonly id: string;
  readonly kid: string | null;
  readonly public_key: string;
  readonly created_at: Date;
}

interface CallerRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly kid: string | null;
  readonly public_key: string | null;
}

const FIND: Statement = {
  name: 'application-keys-find',
  text: `
    select a.id, a.tenant_id, k.kid, k.public_key
    from applications a
      left join application_keys k on k.application_id = a.id and k.tenant_id = a.tenant_id and k.revoked_at is null
    where a.id = $1 and a.revoked_at is null
    order by k.created_at desc, k.id desc`,
};
const LIST: Statement = {
  name: 'application-keys-list',
  text: `
    select id, kid, public_key, created_at from application_keys
    where tenant_id = $1 and application_id = $2 and revoked_at is null
    order by created_at desc, id desc`,
};
const INSERT: Statement = {
  name: 'application-key-add',
  text: `
    insert into application_keys (tenant_id, application_id, id, kid, public_key)
    values ($1, $2, $3, $4, $5) returning id, kid, public_key, created_at`,
};
const REVOKE: Statement = {
  name: 'application-key-revoke',
  text: `
    update application_keys set revoked_at = clock_timestamp()
    where tenant_id = $1 and application_id = $2 and id = $3 and revoked_at is null returning id`,
};
const MOST_LIVE = 2;
const KID_MAX = 200;

/** By what an unproven token says: the one look-up without a tenant. */
export async function findApplicationKeys(
  sql: Sql,
  applicationId: string,
): Promise<ApplicationKeys | undefined> {
  const rows = isUuid(applicationId) ? await sql.rows<CallerRow>(FIND, [applicationId]) : [];
  const [first] = rows;
  const keys = rows.flatMap(({ kid, public_key: publicKey }) =>
    publicKey === null ? [] : [{ publicKey, ...(kid === null ? {} : { kid }) }],
  );
  return first && { id: first.id, tenantId: first.tenant_id, keys };
}

export async function listApplicationKeys(
  sql: Sql,
  tenantId: string,
  applicationId: string,
): Promise<ApplicationKey[]> {
  return (await sql.rows<KeyRow>(LIST, [tenantId, applicationId])).map(keyFromRow);
}

/** Adds a key beside the one that lives, so that callers can change over; a third is a `conflict`. */
export async function addApplicationKey(
  db: Database,
  tenantId: string,
  { applicationId, actor, ...key }: NewApplicationKey & Actor & { readonly applicationId: string },
): Promise<ApplicationKey> {
  return db.transaction(async (tx) => {
    await lockApplication(tx, tenantId, applicationId);
    const live = await listApplicationKeys(tx, tenantId, applicationId);
    if (live.length >= MOST_LIVE) {
      throw new DomainError('conflict', 'Two keys are live already: revoke one of them first.');
    }
    const added = await insertApplicationKey(tx, tenantId, { applicationId, ...key });
    const details = { keyId: added.id, kid: added.kid };
    const change = { actor, action: 'application.add_key', target: applicationId, details };
    await recordChange(tx, tenantId, change);
    return added;
  });
}

/** Writes one key within the transaction of its application. */
export async function insertApplicationKey(
  tx: Sql,
  tenantId: string,
  { applicationId, publicKey, kid }: NewApplicationKey & { readonly applicationId: string },
): Promise<ApplicationKey> {
  requireThat(
    (kid?.length ?? 1) >= 1 && (kid?.length ?? 1) <= KID_MAX,
    'kid',
    'has 1 to 200 characters',
  );
  const values = [tenantId, applicationId, uuidV7(), kid ?? null, publicKeyFromPem(publicKey)];
  const [row] = await tx.rows<KeyRow>(INSERT, values);
  return keyFromRow(found(row, 'application'));
}

export async function revokeApplicationKey(
  db: Database,
  tenantId: string,
  {
    applicationId,
    keyId,
    actor,
  }: Actor & { readonly applicationId: string; readonly keyId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockApplication(tx, tenantId, applicationId);
    const known = isUuid(keyId)
      ? await tx.row(REVOKE, [tenantId, applicationId, keyId])
      : undefined;
    found(known, 'live key of this application');
    const change = {
      actor,
      action: 'application.revoke_key',
      target: applicationId,
      details: { keyId },
    };
    await recordChange(tx, tenantId, change);
  });
}

function keyFromRow(row: KeyRow): ApplicationKey {
  return {
    id: row.id,
    publicKey: row.public_key,
    createdAt: row.created_at.toISOString(),
    ...(row.kid === null ? {} : { kid: row.kid }),
  };
}
