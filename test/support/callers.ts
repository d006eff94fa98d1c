import { generateKeyPairSync } from 'node:crypto';
import type { Database } from '../../store/database';
import { createApplication, type NewApplication } from '../../store/create-application';
import { loadPepper, type Pepper } from '../../store/pepper';
import type { Secrets } from '../../store/secrets';
import { secretsOf } from './secrets';

export const ACTOR = { actor: 'test' };

/** An RSA key pair as PEM. */
export function aKeyPair(bits = 2_048): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** What stores of callers work with. */
export interface CallerStores {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly pepper: Pepper;
}

export async function callerStores(db: Database): Promise<CallerStores> {
  const secrets = secretsOf(db);
  return { db, secrets, pepper: await loadPepper(db, secrets) };
}

/** Id of a new application. */
export async function anApplication(
  stores: CallerStores,
  tenantId: string,
  changes: Partial<NewApplication> = {},
): Promise<string> {
  const wanted = { name: 'Application', ...changes, ...ACTOR };
  return (await createApplication(stores, tenantId, wanted)).application.id;
}
