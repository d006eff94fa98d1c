import { findAccessToken, type AccessTokenCaller } from './access-tokens';
import { findAccountKey, type AccountKeyCaller } from './account-keys';
import { findApplicationKeys, type ApplicationKeys } from './application-keys';
import type { Database } from './database';
import type { Pepper } from './pepper';
import { findTenant } from './tenants';

/** Everything a request is authenticated by: only what lives is found. */
export interface Callers {
  findAccountKey(id: string): Promise<AccountKeyCaller | undefined>;
  findApplicationKeys(applicationId: string): Promise<ApplicationKeys | undefined>;
  findAccessToken(hash: Buffer): Promise<AccessTokenCaller | undefined>;
  hasTenant(tenantId: string): Promise<boolean>;
  /** Keyed hash of a secret or token, as it is stored. */
  hashSecret(text: string): Buffer;
}

export function createCallers(db: Database, pepper: Pepper): Callers {
  return {
    findAccountKey: (id) => findAccountKey(db, id),
    findApplicationKeys: (applicationId) => findApplicationKeys(db, applicationId),
    findAccessToken: (hash) => findAccessToken(db, hash),
    hasTenant: async (tenantId) => (await findTenant(db, tenantId)) !== undefined,
    hashSecret: (text) => pepper.hashSecret(text),
  };
}
