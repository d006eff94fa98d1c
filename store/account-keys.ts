import { randomBytes } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import { DomainError } from '../domain/errors';
import { lockApplication } from './applications';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { found, isUuid } from './ids';
import type { Pepper } from './pepper';

/** A live key of a live application, with the hashes of its live secrets. */
export interface AccountKeyCaller {
  readonly id: string;
  readonly tenantId: string;
  readonly applicationId: string;
  /** At most two. */
  readonly secretHashes: readonly Buffer[];
}

/** As operators see it: never a secret. Times are ISO 8601. */
export interface AccountKey {
  readonly id: string;
  readonly applicationId: string;
  readonly secrets: readonly { readonly id: string; readonly createdAt: string }[];
  readonly createdAt: string;
}

/** A secret right after it was made: the only time it is seen. */
export interface NewSecret {
  readonly accountKeyId: string;
  readonly secretId: string;
  readonly secret: string;
}

interface CallerRow extends Omit<AccountKeyCaller, 'secretHashes'> {
  readonly hashes: Buffer[] | null;
}

interface AccountKeyRow extends Omit<AccountKey, 'createdAt'> {
  readonly createdAt: Date;
}

const FIND: Statement = {
  name: 'account-key-find',
  text: `
    select k.id, k.tenant_id as "tenantId", k.application_id as "applicationId",
      (select array_agg(s.secret_hash order by s.created_at desc, s.id desc) from account_key_secrets s
        where s.account_key_id = k.id and s.tenant_id = k.tenant_id and s.revoked_at is null) as hashes
    from account_keys k
      join applications a on a.id = k.application_id and a.tenant_id = k.tenant_id and a.revoked_at is null
    where k.id = $1 and k.revoked_at is null`,
};
const LIST: Statement = {
  name: 'account-key-list',
  text: `
    select k.id, k.application_id as "applicationId", k.created_at as "createdAt",
      coalesce((select jsonb_agg(jsonb_build_object('id', s.id, 'createdAt',
            to_char(s.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by s.created_at desc, s.id desc)
          from account_key_secrets s
          where s.account_key_id = k.id and s.tenant_id = k.tenant_id and s.revoked_at is null), '[]') as secrets
    from account_keys k
    where k.tenant_id = $1 and k.revoked_at is null order by k.created_at, k.id`,
};
const INSERT: Statement = {
  name: 'account-key-create',
  text: `
    insert into account_keys (tenant_id, id, application_id) values ($1, $2, $3)
    on conflict (id) do nothing returning id`,
};
const LOCK: Statement = {
  name: 'account-key-lock',
  text: `
    select id from account_keys where tenant_id = $1 and id = $2 and revoked_at is null
    for no key update`,
};
const REVOKE: Statement = {
  name: 'account-key-revoke',
  text: `
    update account_keys set revoked_at = clock_timestamp() where tenant_id = $1 and id = $2`,
};
const LIST_SECRETS: Statement = {
  name: 'account-key-secrets',
  text: `
    select id from account_key_secrets
    where tenant_id = $1 and account_key_id = $2 and revoked_at is null`,
};
const INSERT_SECRET: Statement = {
  name: 'account-key-secret-add',
  text: `
    insert into account_key_secrets (tenant_id, account_key_id, id, secret_hash) values ($1, $2, $3, $4)`,
};
const REVOKE_SECRET: Statement = {
  name: 'account-key-secret-revoke',
  text: `
    update account_key_secrets set revoked_at = clock_timestamp()
    where tenant_id = $1 and account_key_id = $2 and id = $3 and revoked_at is null returning id`,
};
/** The prefix lets scanners of leaked secrets recognise ours. */
const PREFIX = 'fds_';
const ID = /^[0-9a-f]{8}$/;
const MOST_LIVE = 2;

interface Deps {
  readonly db: Database;
  readonly pepper: Pepper;
}

type OfKey = Actor & { readonly accountKeyId: string };

/** By what an unproven caller says: the one look-up without a tenant. */
export async function findAccountKey(sql: Sql, id: string): Promise<AccountKeyCaller | undefined> {
  const row = ID.test(id) ? await sql.row<CallerRow>(FIND, [id]) : undefined;
  if (row === undefined) {
    return undefined;
  }
  const { hashes, ...caller } = row;
  return { ...caller, secretHashes: hashes ?? [] };
}

/** The live ones, oldest first. */
export async function listAccountKeys(sql: Sql, tenantId: string): Promise<AccountKey[]> {
  const rows = await sql.rows<AccountKeyRow>(LIST, [tenantId]);
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}

export async function createAccountKey(
  { db, pepper }: Deps,
  tenantId: string,
  { applicationId, actor }: Actor & { readonly applicationId: string },
): Promise<NewSecret> {
  return db.transaction(async (tx) => {
    await lockApplication(tx, tenantId, applicationId);
    const id = await insertKey(tx, tenantId, applicationId);
    const details = { applicationId };
    await recordChange(tx, tenantId, { actor, action: 'account_key.create', target: id, details });
    return insertSecret({ tx, pepper }, tenantId, id);
  });
}

/** Adds a secret beside the one that lives, so that callers can change over; a third is a `conflict`. */
export async function addAccountKeySecret(
  { db, pepper }: Deps,
  tenantId: string,
  { accountKeyId, actor }: OfKey,
): Promise<NewSecret> {
  return db.transaction(async (tx) => {
    await lockKey(tx, tenantId, accountKeyId);
    if ((await tx.rows(LIST_SECRETS, [tenantId, accountKeyId])).length >= MOST_LIVE) {
      throw new DomainError('conflict', 'Two secrets are live already: revoke one of them first.');
    }
    const made = await insertSecret({ tx, pepper }, tenantId, accountKeyId);
    const details = { secretId: made.secretId };
    const change = { actor, action: 'account_key.add_secret', target: accountKeyId, details };
    await recordChange(tx, tenantId, change);
    return made;
  });
}

export async function revokeAccountKeySecret(
  db: Database,
  tenantId: string,
  { accountKeyId, secretId, actor }: OfKey & { readonly secretId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockKey(tx, tenantId, accountKeyId);
    const values = [tenantId, accountKeyId, secretId];
    found(isUuid(secretId) ? await tx.row(REVOKE_SECRET, values) : undefined, 'live secret');
    const details = { secretId };
    const change = { actor, action: 'account_key.revoke_secret', target: accountKeyId, details };
    await recordChange(tx, tenantId, change);
  });
}

export async function revokeAccountKey(
  db: Database,
  tenantId: string,
  { accountKeyId, actor }: OfKey,
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockKey(tx, tenantId, accountKeyId);
    await tx.rows(REVOKE, [tenantId, accountKeyId]);
    const change = { actor, action: 'account_key.revoke', target: accountKeyId };
    await recordChange(tx, tenantId, change);
  });
}

async function lockKey(tx: Sql, tenantId: string, accountKeyId: string): Promise<void> {
  const isId = ID.test(accountKeyId);
  found(isId ? await tx.row(LOCK, [tenantId, accountKeyId]) : undefined, 'live account key');
}

/** Eight hex characters are few: with a million keys, one draw in four thousand is taken. */
async function insertKey(tx: Sql, tenantId: string, applicationId: string): Promise<string> {
  for (;;) {
    const id = randomBytes(4).toString('hex');
    const made = await tx.row(INSERT, [tenantId, id, applicationId]);
    if (made !== undefined) {
      return id;
    }
  }
}

async function insertSecret(
  { tx, pepper }: { readonly tx: Sql; readonly pepper: Pepper },
  tenantId: string,
  accountKeyId: string,
): Promise<NewSecret> {
  const secret = PREFIX + randomBytes(32).toString('base64url');
  const secretId = uuidV7();
  await tx.rows(INSERT_SECRET, [tenantId, accountKeyId, secretId, pepper.hashSecret(secret)]);
  return { accountKeyId, secretId, secret };
}
