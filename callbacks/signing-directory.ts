import { listAccountKeys } from '../store/account-keys';
import type { Database } from '../store/database';
import type { Secrets } from '../store/secrets';
import { liveSignatureSecrets } from '../store/signature-secrets';
import type { Signing } from './sign';

/** How long an application's secrets are believed, in milliseconds: a rotation counts within that time. */
const BELIEVED_MS = 2_000;

/** What an application's callbacks are signed with. Remembered for a moment: every callback asks. */
export function createSigningDirectory(
  db: Database,
  secrets: Secrets,
): (tenantId: string, applicationId: string) => Promise<Signing> {
  const known = new Map<string, { readonly until: number; readonly signing: Promise<Signing> }>();
  return (tenantId, applicationId) => {
    const remembered = known.get(applicationId);
    if (remembered !== undefined && remembered.until > performance.now()) {
      return remembered.signing;
    }
    const signing = loadSigning(db, secrets, tenantId, applicationId);
    known.set(applicationId, { until: performance.now() + BELIEVED_MS, signing });
    signing.catch(() => known.delete(applicationId));
    return signing;
  };
}

async function loadSigning(
  db: Database,
  secrets: Secrets,
  tenantId: string,
  applicationId: string,
): Promise<Signing> {
  const live = await liveSignatureSecrets(secrets, tenantId, applicationId);
  const keys = await listAccountKeys(db, tenantId);
  const own = keys.find((key) => key.applicationId === applicationId);
  return { applicationId, secrets: live, ...(own === undefined ? {} : { apiKey: own.id }) };
}
