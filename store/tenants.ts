import { v7 as uuidV7 } from 'uuid';
import type { Tenant } from '../domain/tenant';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { found, isUuid, requireThat } from './ids';

interface TenantRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
}

const INSERT: Statement = {
  name: 'tenant-create',
  text: `insert into tenants (id, name) values ($1, $2) returning id, name, created_at`,
};
const LIST: Statement = {
  name: 'tenant-list',
  text: `select id, name, created_at from tenants order by created_at, id`,
};
const FIND: Statement = {
  name: 'tenant-find',
  text: `select id, name, created_at from tenants where id = $1`,
};
const NAME_MAX = 200;

export async function createTenant(
  db: Database,
  { name, actor }: Actor & { readonly name: string },
): Promise<Tenant> {
  requireThat(name.length >= 1 && name.length <= NAME_MAX, 'name', 'has 1 to 200 characters');
  const id = uuidV7();
  return db.transaction(async (tx) => {
    const [row] = await tx.rows<TenantRow>(INSERT, [id, name]);
    await recordChange(tx, id, { actor, action: 'tenant.create', target: id, details: { name } });
    return tenantFromRow(found(row, 'tenant'));
  });
}

/** All of them, oldest first; the platform's own row among them. */
export async function listTenants(sql: Sql): Promise<Tenant[]> {
  return (await sql.rows<TenantRow>(LIST)).map(tenantFromRow);
}

export async function findTenant(sql: Sql, tenantId: string): Promise<Tenant | undefined> {
  const row = isUuid(tenantId) ? await sql.row<TenantRow>(FIND, [tenantId]) : undefined;
  return row && tenantFromRow(row);
}

function tenantFromRow({ id, name, created_at }: TenantRow): Tenant {
  return { id, name, createdAt: created_at.toISOString() };
}
