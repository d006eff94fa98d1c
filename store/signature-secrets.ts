import { randomBytes } from 'node:crypto';
import { lockApplication } from './applications';
import { recordChange, type Actor } from './audit';
import type { Database } from './database';
import type { SecretAddress, SecretWriter } from './secret-values';
import type { Secrets } from './secrets';

/** As Standard Webhooks wants it: this prefix and the base64 of the key. */
const PREFIX = 'whsec_';
const KEY_BYTES = 32;

function addressOf(applicationId: string): SecretAddress {
  return {
    ownerKind: 'application',
    ownerId: applicationId,
    field: 'signature_secret',
    // It goes to no provider: it signs what we post to the application itself.
    place: { provider: 'callbacks', host: '', channel: '' },
  };
}

/** The secrets that sign an application's callbacks, newest first, at most two. */
export async function liveSignatureSecrets(
  secrets: Secrets,
  tenantId: string,
  applicationId: string,
): Promise<string[]> {
  const values = await secrets.openField(tenantId, addressOf(applicationId));
  return values.map((value) => value.reveal());
}

/** Adds a secret and retires all but the one before it: for a while callbacks carry both signatures. */
export async function rotateSignatureSecret(
  { db, secrets }: { readonly db: Database; readonly secrets: Secrets },
  tenantId: string,
  { applicationId, actor }: Actor & { readonly applicationId: string },
): Promise<string> {
  await secrets.prepare(tenantId);
  return db.transaction(async (tx) => {
    await lockApplication(tx, tenantId, applicationId);
    const change = { actor, action: 'application.rotate_secret', target: applicationId };
    await recordChange(tx, tenantId, change);
    return addSignatureSecret(secrets.within(tx), tenantId, applicationId);
  });
}

/** Within the transaction that holds the application. Returns the secret. */
export async function addSignatureSecret(
  writer: SecretWriter,
  tenantId: string,
  applicationId: string,
): Promise<string> {
  const secret = PREFIX + randomBytes(KEY_BYTES).toString('base64');
  await writer.add(tenantId, addressOf(applicationId), secret);
  return secret;
}
