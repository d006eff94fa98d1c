import { generateKeyPairSync } from 'node:crypto';
import { SIMULATOR_PRESET } from '../providers/presets/simulator';
import { createAccessToken } from '../store/access-tokens';
import { createAccountKey } from '../store/account-keys';
import { createAccount } from '../store/create-account';
import { createApplication } from '../store/create-application';
import { openDatabase } from '../store/database';
import { parseKeyRing } from '../store/key-ring';
import { loadPepper } from '../store/pepper';
import { importProvider } from '../store/providers';
import { createSecrets } from '../store/secrets';
import { createTenant } from '../store/tenants';
import { PERMISSIONS } from '../domain/vocabulary';

/** What a development stack begins with: one tenant, everything it needs to send through the simulator. */
export interface Seeded {
  readonly tenantId: string;
  readonly basic: { readonly apiKey: string; readonly apiSecret: string };
  readonly application: {
    readonly id: string;
    /** PKCS#8 PEM, for JWTs. */
    readonly privateKey: string;
    readonly signatureSecret: string;
  };
  /** Access token of the tenant. */
  readonly token: string;
  readonly platformToken: string;
}

export interface SeedOptions {
  readonly databaseUrl: string;
  readonly secretsKeys: string;
  readonly simulatorUrl: string;
}

const ACTOR = { actor: 'dev' };

/** Fills a migrated, empty database. */
export async function seed(options: SeedOptions): Promise<Seeded> {
  const db = openDatabase({ url: options.databaseUrl, poolSize: 2 });
  try {
    const secrets = createSecrets(db, parseKeyRing(options.secretsKeys));
    const stores = { db, secrets, pepper: await loadPepper(db, secrets) };
    const { id: tenantId } = await createTenant(db, { name: 'Example', ...ACTOR });
    const callers = await seedCallers(stores, tenantId, options.simulatorUrl);
    await seedAccounts(stores, tenantId, options.simulatorUrl);
    return { tenantId, ...callers };
  } finally {
    await db.close();
  }
}

type Stores = Parameters<typeof createAccount>[0];

async function seedCallers(
  stores: Stores,
  tenantId: string,
  simulatorUrl: string,
): Promise<Omit<Seeded, 'tenantId'>> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const { application, signatureSecret } = await createApplication(stores, tenantId, {
    name: 'Example application',
    statusUrl: `${simulatorUrl}/callbacks`,
    key: { publicKey },
    ...ACTOR,
  });
  const { id } = application;
  const key = await createAccountKey(stores, tenantId, { applicationId: id, ...ACTOR });
  const permissions = PERMISSIONS.filter((name) => name !== 'MANAGE_PLATFORM');
  const own = await createAccessToken(stores, tenantId, { name: 'dev', permissions, ...ACTOR });
  const platform = await createAccessToken(stores, undefined, {
    name: 'dev platform',
    permissions: PERMISSIONS,
    ...ACTOR,
  });
  return {
    basic: { apiKey: key.accountKeyId, apiSecret: key.secret },
    application: { id, privateKey, signatureSecret },
    token: own.token,
    platformToken: platform.token,
  };
}

async function seedAccounts(stores: Stores, tenantId: string, simulatorUrl: string): Promise<void> {
  const provider = { ...SIMULATOR_PRESET.provider, baseUrl: simulatorUrl };
  const { definitions } = SIMULATOR_PRESET;
  const stored = await importProvider(stores.db, { provider, definitions }, ACTOR);
  for (const { channel } of definitions) {
    await createAccount(stores, tenantId, {
      providerId: stored.id,
      channel,
      label: `Simulator, ${channel}`,
      credentials: { apiKey: 'simulator-key', webhookSecret: 'simulator-webhook-secret' },
      ...ACTOR,
    });
  }
}
