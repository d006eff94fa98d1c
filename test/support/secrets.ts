import { randomBytes } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { Database } from '../../store/database';
import { parseKeyRing } from '../../store/key-ring';
import type { SecretAddress } from '../../store/secret-values';
import { createSecrets, type Secrets } from '../../store/secrets';

/** One entry of SECRETS_KEYS. */
export function aMasterKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`;
}

/** Secrets as a process that starts now has them: with no key in memory. */
export function secretsOf(database: Database, keys: string = aMasterKey('k1')): Secrets {
  return createSecrets(database, parseKeyRing(keys));
}

export async function aTenant(database: Database, name = 'Tenant'): Promise<string> {
  const id = uuidV7();
  await database.knex('tenants').insert({ id, name });
  return id;
}

/** The place of an account's API key; `host` and the like say where it differs. */
export function anAddress(changes: Partial<SecretAddress> = {}): SecretAddress {
  return {
    ownerKind: 'account',
    ownerId: 'account-1',
    field: 'apiKey',
    place: { provider: 'ACME', host: 'api.acme.example', channel: 'sms' },
    ...changes,
  };
}
