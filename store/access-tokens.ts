import { randomBytes } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import { DomainError } from '../domain/errors';
import { PERMISSIONS, type Permission } from '../domain/vocabulary';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { found, isUuid, requireThat } from './ids';
import type { Pepper } from './pepper';
import { findTenant } from './tenants';

/** A live token, as a request proves it. */
export interface AccessTokenCaller {
  readonly id: string;
  /** Absent: a token of the platform. */
  readonly tenantId?: string;
  readonly permissions: readonly Permission[];
}

/** As operators see it: never the token. Times are ISO 8601. */
export interface AccessToken extends AccessTokenCaller {
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt?: string;
}

export interface NewAccessToken {
  readonly name: string;
  readonly permissions: readonly Permission[];
  /** ISO 8601; absent: no end. */
  readonly expiresAt?: string;
  /** What the creator holds: a token never gives more. Absent: the operator, who holds everything. */
  readonly creatorPermissions?: readonly Permission[];
}

interface TokenRow {
  readonly id: string;
  readonly tenant_id: string | null;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
}

const COLUMNS = 'id, tenant_id, name, permissions, created_at, expires_at';
const LIVE = 'revoked_at is null and (expires_at is null or expires_at > clock_timestamp())';
const FIND: Statement = {
  name: 'access-token-find',
  text: `select ${COLUMNS} from access_tokens where token_hash = $1 and ${LIVE}`,
};
/** A null tenant is the platform: its tokens are seen and revoked only where nobody's tenant is named. */
const OF_TENANT = 'tenant_id is not distinct from $1';
const LIST: Statement = {
  name: 'access-token-list',
  text: `select ${COLUMNS} from access_tokens where ${OF_TENANT} and ${LIVE} order by created_at, id`,
};
const INSERT: Statement = {
  name: 'access-token-create',
  text: `
    insert into access_tokens (tenant_id, id, name, token_hash, permissions, expires_at)
    values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
};
const REVOKE: Statement = {
  name: 'access-token-revoke',
  text: `
    update access_tokens set revoked_at = clock_timestamp()
    where ${OF_TENANT} and id = $2 and revoked_at is null returning id`,
};
/** The prefix lets scanners of leaked secrets recognise ours. */
const PREFIX = 'fdt_';
const NAME_MAX = 200;

/** By the hash of what a caller sent: the one look-up without a tenant. */
export async function findAccessToken(
  sql: Sql,
  hash: Buffer,
): Promise<AccessTokenCaller | undefined> {
  const row = await sql.row<TokenRow>(FIND, [hash]);
  if (row === undefined) {
    return undefined;
  }
  const { id, tenantId, permissions } = tokenFromRow(row);
  return { id, permissions, ...(tenantId === undefined ? {} : { tenantId }) };
}

/** The live tokens of a tenant, or of the platform; oldest first. */
export async function listAccessTokens(
  sql: Sql,
  tenantId: string | undefined,
): Promise<AccessToken[]> {
  return (await sql.rows<TokenRow>(LIST, [tenantId ?? null])).map(tokenFromRow);
}

/** Makes a token of a tenant, or of the platform. The answer is the only time it is seen. */
export async function createAccessToken(
  { db, pepper }: { readonly db: Database; readonly pepper: Pepper },
  tenantId: string | undefined,
  { actor, ...wanted }: NewAccessToken & Actor,
): Promise<{ accessToken: AccessToken; token: string }> {
  refuseWrong(tenantId, wanted);
  if (tenantId !== undefined) {
    found(await findTenant(db, tenantId), 'tenant');
  }
  const { name, permissions, expiresAt } = wanted;
  const id = uuidV7();
  const token = PREFIX + randomBytes(32).toString('base64url');
  const granted = PERMISSIONS.filter((permission) => permissions.includes(permission));
  const values = [tenantId ?? null, id, name, pepper.hashSecret(token), granted, expiresAt ?? null];
  return db.transaction(async (tx) => {
    const [row] = await tx.rows<TokenRow>(INSERT, values);
    const details = { name, permissions: granted, expiresAt };
    await recordChange(tx, tenantId, { actor, action: 'token.create', target: id, details });
    return { accessToken: tokenFromRow(found(row, 'token')), token };
  });
}

export async function revokeAccessToken(
  db: Database,
  tenantId: string | undefined,
  { tokenId, actor }: Actor & { readonly tokenId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    const values = [tenantId ?? null, tokenId];
    found(isUuid(tokenId) ? await tx.row(REVOKE, values) : undefined, 'live token');
    await recordChange(tx, tenantId, { actor, action: 'token.revoke', target: tokenId });
  });
}

function refuseWrong(tenantId: string | undefined, wanted: NewAccessToken): void {
  const { name, permissions, expiresAt, creatorPermissions } = wanted;
  requireThat(name.length >= 1 && name.length <= NAME_MAX, 'name', 'has 1 to 200 characters');
  requireThat(permissions.length > 0, 'permissions', 'names at least one permission');
  requireThat(
    tenantId === undefined || !permissions.includes('MANAGE_PLATFORM'),
    'permissions',
    'gives MANAGE_PLATFORM only to a token of the platform',
  );
  requireThat(
    expiresAt === undefined || Date.parse(expiresAt) > Date.now(),
    'expires_at',
    'is a time to come, such as 2030-01-31T00:00:00Z',
  );
  if (permissions.some((permission) => creatorPermissions?.includes(permission) === false)) {
    throw new DomainError('forbidden', 'A token gives no permission that its creator has not.');
  }
}

function tokenFromRow(row: TokenRow): AccessToken {
  return {
    id: row.id,
    name: row.name,
    // Names in the database that this build does not know open nothing.
    permissions: PERMISSIONS.filter((permission) => row.permissions.includes(permission)),
    createdAt: row.created_at.toISOString(),
    ...(row.tenant_id === null ? {} : { tenantId: row.tenant_id }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
  };
}
