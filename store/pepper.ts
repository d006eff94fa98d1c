import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '../domain/secret';
import { PLATFORM_TENANT_ID } from '../domain/tenant';
import type { Database, Statement } from './database';
import type { SecretAddress } from './secret-values';
import type { Secrets } from './secrets';

/** Hashes what we must recognise and never show: secrets, tokens, recipients. */
export interface Pepper {
  /** HMAC-SHA-256 under the pepper, 32 bytes. Compare with `timingSafeEqual`. */
  hashSecret(text: string): Buffer;
}

const ADDRESS: SecretAddress = {
  ownerKind: 'platform',
  ownerId: PLATFORM_TENANT_ID,
  field: 'pepper',
  place: { provider: 'platform', host: 'platform', channel: 'platform' },
};
const LOCK: Statement = {
  name: 'pepper.lock',
  text: `select pg_advisory_xact_lock(hashtextextended('failover-dispatch pepper', 0))`,
};

/**
 * The pepper of this database, made at first use. It is random and sealed, not derived from SECRETS_KEYS, so that
 * rotating those locks nobody out. A pepper that does not open stops the start: a second one would lock everybody out.
 */
export async function loadPepper(db: Database, secrets: Secrets): Promise<Pepper> {
  const [known] = await secrets.openField(PLATFORM_TENANT_ID, ADDRESS);
  const pepper = known ?? (await createPepper(db, secrets));
  const key = Buffer.from(pepper.reveal(), 'base64');
  return { hashSecret: (text) => createHmac('sha256', key).update(text).digest() };
}

/** Under a lock, and looked for once more: of many starters one makes it, and the others find that one. */
async function createPepper(db: Database, secrets: Secrets): Promise<Secret> {
  await secrets.prepare(PLATFORM_TENANT_ID);
  return db.transaction(async (tx) => {
    await tx.rows(LOCK);
    const within = secrets.within(tx);
    const [known] = await within.openField(PLATFORM_TENANT_ID, ADDRESS);
    if (known !== undefined) {
      return known;
    }
    const made = new Secret(randomBytes(32).toString('base64'));
    await within.put(PLATFORM_TENANT_ID, ADDRESS, made.reveal());
    return made;
  });
}
