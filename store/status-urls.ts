import { v7 as uuidV7 } from 'uuid';
import { lockApplication } from './applications';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';
import { requireThat } from './ids';

const UNSET: Statement = {
  name: 'status-url-unset',
  text: `
    update endpoints set is_status = false
    where tenant_id = $1 and application_id = $2 and is_status and url is distinct from $3`,
};
/** A URL that was used before keeps its row, and with it its backlog; setting it opens it again after a 410. */
const SET: Statement = {
  name: 'status-url-set',
  text: `
    insert into endpoints (tenant_id, application_id, url, id) values ($1, $2, $3, $4)
    on conflict (application_id, url) do update set is_status = true, state = 'active'
      where endpoints.tenant_id = excluded.tenant_id`,
};
const URL_MAX = 2_048;

/**
 * Makes `url` the application's status URL, or takes it away. A new URL is a new endpoint: what was accepted before
 * keeps going to the old one. Whether the address may be called is judged by whoever asks, and again at each post.
 */
export async function setStatusUrl(
  db: Database,
  tenantId: string,
  { applicationId, url, actor }: Actor & { readonly applicationId: string; readonly url?: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockApplication(tx, tenantId, applicationId);
    await writeStatusUrl(tx, tenantId, { applicationId, url });
    const details = { url: url ?? null };
    const change = { actor, action: 'application.set_status_url', target: applicationId, details };
    await recordChange(tx, tenantId, change);
  });
}

/** Within the transaction that holds the application. */
export async function writeStatusUrl(
  tx: Sql,
  tenantId: string,
  { applicationId, url }: { readonly applicationId: string; readonly url: string | undefined },
): Promise<void> {
  requireThat(url === undefined || isWebUrl(url), 'status_url', 'is an http or https URL');
  await tx.rows(UNSET, [tenantId, applicationId, url ?? null]);
  if (url !== undefined) {
    await tx.rows(SET, [tenantId, applicationId, url, uuidV7()]);
  }
}

function isWebUrl(text: string): boolean {
  const url = text.length <= URL_MAX && URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  return isWeb && url.username === '' && url.password === '';
}
