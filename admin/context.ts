import { userInfo } from 'node:os';
import { DomainError } from '../domain/errors';
import { createAddressGuard } from '../runtime/address-guard';
import { refusalAtConfiguration } from '../runtime/outbound-url';
import { openDatabase, type Database } from '../store/database';
import { parseKeyRing } from '../store/key-ring';
import { loadPepper, type Pepper } from '../store/pepper';
import { createSecrets, type Secrets } from '../store/secrets';
import { adminConfig, type Environment } from './config';

/** What a command works with. */
export interface AdminContext {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly pepper: Pepper;
  /** Who the audit log names. */
  readonly actor: string;
  /** Throws `invalid_input` when callbacks could never be posted there. */
  checkUrl(url: string): void;
}

/** Opens everything for one command, and closes it after. A key ring that does not fit stops it before it begins. */
export async function withContext<T>(
  env: Environment,
  work: (context: AdminContext) => Promise<T>,
): Promise<T> {
  const config = adminConfig(env);
  const ring = parseKeyRing(config.secretsKeys);
  const guard = createAddressGuard(config.outboundAllow);
  const db = openDatabase({ url: config.databaseUrl, applicationName: 'failover-dispatch admin' });
  try {
    const secrets = createSecrets(db, ring);
    await secrets.check();
    const pepper = await loadPepper(db, secrets);
    const checkUrl = (url: string): void => refuse(refusalAtConfiguration(url, guard));
    return await work({ db, secrets, pepper, actor: operator(), checkUrl });
  } finally {
    await db.close();
  }
}

function refuse(reason: string | undefined): void {
  if (reason !== undefined) {
    throw new DomainError('invalid_input', `This URL may not be called: ${reason}.`);
  }
}

/** A container may run under a number that has no name. */
function operator(): string {
  try {
    return `operator:${userInfo().username}`;
  } catch {
    return `operator:${process.getuid?.() ?? 'unknown'}`;
  }
}
