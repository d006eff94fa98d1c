import { v7 as uuidV7 } from 'uuid';
import { insertApplicationKey, type NewApplicationKey } from './application-keys';
import { getApplication, type Application } from './applications';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { found, requireThat } from './ids';
import type { Secrets } from './secrets';
import { addSignatureSecret } from './signature-secrets';
import { writeStatusUrl } from './status-urls';
import { findTenant } from './tenants';

/** What is chosen at creation; absent: EUR, no fee, hrefs as in the specification, nothing opted in. */
export interface NewApplication
  extends
    Pick<Application, 'name'>,
    Partial<
      Pick<
        Application,
        | 'statusUrl'
        | 'currency'
        | 'fee'
        | 'hrefStyle'
        | 'corrections'
        | 'stopOnLateSuccess'
        | 'disableOnGone'
      >
    > {
  readonly key?: NewApplicationKey;
}

const INSERT: Statement = {
  name: 'application-create',
  text: `
    insert into applications (tenant_id, id, name, currency, fee, href_style, corrections,
      stop_on_late_success, disable_on_gone)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};
const NAME_MAX = 200;

/** Makes an application with its first signature secret, which is answered here and stays readable to callbacks alone. */
export async function createApplication(
  { db, secrets }: { readonly db: Database; readonly secrets: Secrets },
  tenantId: string,
  { actor, ...application }: NewApplication & Actor,
): Promise<{ application: Application; signatureSecret: string }> {
  found(await findTenant(db, tenantId), 'tenant');
  await secrets.prepare(tenantId);
  return db.transaction(async (tx) => {
    const id = uuidV7();
    await insert(tx, [tenantId, id], application);
    await writeStatusUrl(tx, tenantId, { applicationId: id, url: application.statusUrl });
    if (application.key !== undefined) {
      await insertApplicationKey(tx, tenantId, { applicationId: id, ...application.key });
    }
    const signatureSecret = await addSignatureSecret(secrets.within(tx), tenantId, id);
    const { name, statusUrl } = application;
    const details = { name, statusUrl };
    await recordChange(tx, tenantId, { actor, action: 'application.create', target: id, details });
    return { application: await getApplication(tx, tenantId, id), signatureSecret };
  });
}

async function insert(
  tx: Sql,
  ids: readonly string[],
  { name, currency = 'EUR', fee = '0', ...options }: NewApplication,
): Promise<void> {
  requireThat(name.length >= 1 && name.length <= NAME_MAX, 'name', 'has 1 to 200 characters');
  requireThat(/^[A-Z]{3}$/.test(currency), 'currency', 'is a code of ISO 4217, such as EUR');
  requireThat(/^\d{1,12}(\.\d{1,12})?$/.test(fee), 'fee', 'is decimal text, such as 0.0333');
  const { hrefStyle, corrections, stopOnLateSuccess, disableOnGone } = options;
  const switches = [corrections, stopOnLateSuccess, disableOnGone].map((value) => value ?? false);
  await tx.rows(INSERT, [...ids, name, currency, fee, hrefStyle ?? 'spec', ...switches]);
}
