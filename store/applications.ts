import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { found, isUuid } from './ids';

/** How hrefs in callbacks are spelled: as the specification prints them, or as they came over the wire. */
export const HREF_STYLES = ['spec', 'wire'] as const;
export type HrefStyle = (typeof HREF_STYLES)[number];

/** Who calls us and where callbacks go. Times are ISO 8601. */
export interface Application {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly statusUrl?: string;
  /** ISO 4217; the final report sums prices in it. */
  readonly currency: string;
  /** Added once to each dispatch's total: decimal text in the currency. */
  readonly fee: string;
  readonly hrefStyle: HrefStyle;
  readonly corrections: boolean;
  readonly stopOnLateSuccess: boolean;
  readonly disableOnGone: boolean;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

interface ApplicationRow extends Omit<Application, 'statusUrl' | 'createdAt' | 'revokedAt'> {
  readonly statusUrl: string | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

const SELECT = `
  select a.id, a.tenant_id as "tenantId", a.name, e.url as "statusUrl", a.currency, a.fee,
    a.href_style as "hrefStyle", a.corrections, a.stop_on_late_success as "stopOnLateSuccess",
    a.disable_on_gone as "disableOnGone", a.created_at as "createdAt", a.revoked_at as "revokedAt"
  from applications a
    left join endpoints e on e.application_id = a.id and e.tenant_id = a.tenant_id and e.is_status
  where a.tenant_id = $1`;
const LIST: Statement = {
  name: 'application-list',
  text: `${SELECT} order by a.created_at, a.id`,
};
const FIND: Statement = { name: 'application-find', text: `${SELECT} and a.id = $2` };
const LOCK: Statement = {
  name: 'application-lock',
  text: `
    select id from applications where tenant_id = $1 and id = $2 and revoked_at is null
    for no key update`,
};
const REVOKE: Statement = {
  name: 'application-revoke',
  text: `
    update applications set revoked_at = clock_timestamp() where tenant_id = $1 and id = $2`,
};

/** Live and revoked ones, oldest first. */
export async function listApplications(sql: Sql, tenantId: string): Promise<Application[]> {
  return (await sql.rows<ApplicationRow>(LIST, [tenantId])).map(applicationFromRow);
}

export async function getApplication(
  sql: Sql,
  tenantId: string,
  applicationId: string,
): Promise<Application> {
  const isId = isUuid(applicationId);
  const row = isId ? await sql.row<ApplicationRow>(FIND, [tenantId, applicationId]) : undefined;
  return applicationFromRow(found(row, 'application'));
}

/** Keeps a live application as it is until the transaction ends; throws `not_found`. */
export async function lockApplication(
  tx: Sql,
  tenantId: string,
  applicationId: string,
): Promise<void> {
  const isId = isUuid(applicationId);
  found(isId ? await tx.row(LOCK, [tenantId, applicationId]) : undefined, 'live application');
}

/** From now on neither its JWTs nor the account keys that name it are taken; its dispatches run to their end. */
export async function revokeApplication(
  db: Database,
  tenantId: string,
  { applicationId, actor }: Actor & { readonly applicationId: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockApplication(tx, tenantId, applicationId);
    await tx.rows(REVOKE, [tenantId, applicationId]);
    const change = { actor, action: 'application.revoke', target: applicationId };
    await recordChange(tx, tenantId, change);
  });
}

function applicationFromRow(row: ApplicationRow): Application {
  const { statusUrl, createdAt, revokedAt, ...rest } = row;
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    ...(statusUrl === null ? {} : { statusUrl }),
    ...(revokedAt === null ? {} : { revokedAt: revokedAt.toISOString() }),
  };
}
