import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAdmin } from '../../admin/run';
import { PLATFORM_TENANT_ID } from '../../domain/tenant';
import { PERMISSIONS } from '../../domain/vocabulary';
import { createCallers } from '../../store/callers';
import { parseKeyRing } from '../../store/key-ring';
import { loadPepper } from '../../store/pepper';
import { createSecrets } from '../../store/secrets';
import { aKeyPair } from '../support/callers';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { aMasterKey } from '../support/secrets';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const k1 = aMasterKey('k1');
let testDatabase: TestDatabase;
let env: Record<string, string>;
let folder: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  env = { DATABASE_URL: testDatabase.url, SECRETS_KEYS: k1 };
  folder = await mkdtemp(join(tmpdir(), 'admin-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function admin(line: string, changes: Record<string, string> = {}): Promise<Run> {
  const written = { out: '', error: '' };
  const code = await runAdmin(line.split(' ').filter(Boolean), {
    env: { ...env, ...changes },
    out: (text) => void (written.out += text),
    error: (text) => void (written.error += text),
  });
  return { code, ...written };
}

/** The answer of a command that must succeed. */
async function answer<T = Record<string, string>>(line: string): Promise<T> {
  const { code, out, error } = await admin(`${line} --json`);
  expect({ code, error: code === 0 ? '' : error }).toEqual({ code: 0, error: '' });
  return JSON.parse(out) as T;
}

async function callers() {
  const secrets = createSecrets(testDatabase.database, parseKeyRing(env['SECRETS_KEYS'] ?? ''));
  return createCallers(testDatabase.database, await loadPepper(testDatabase.database, secrets));
}

const auditActions = (): PromiseLike<string[]> =>
  testDatabase.database.knex('audit_log').orderBy('id').pluck('action');

describe('the life of a caller', () => {
  test('from the tenant to a revoked key, each step audited', async () => {
    const publicKeyFile = join(folder, 'public.pem');
    await writeFile(publicKeyFile, aKeyPair().publicKey);
    const before = (await auditActions()).length;

    const tenant = await answer('tenant create Shop');
    const of = `--tenant ${tenant['id']}`;
    const application = await answer(
      `application create ${of} --name shop --public-key-file ${publicKeyFile} --kid a --corrections`,
    );
    const id = application['id'];
    const rotated = await answer(`application rotate-secret ${of} ${id}`);
    await answer(`application add-key ${of} ${id} --public-key-file ${publicKeyFile}`);
    const keys = await answer<{ id: string }[]>(`application list-keys ${of} ${id}`);
    await answer(`application revoke-key ${of} ${id} ${keys[0]?.id}`);
    const key = await answer(`account-key create ${of} --application ${id}`);
    const accountKeyId = key['accountKeyId'] ?? '';
    await answer(`account-key add-secret ${of} ${accountKeyId}`);
    await answer(`account-key revoke-secret ${of} ${accountKeyId} ${key['secretId']}`);

    expect(application).toMatchObject({ name: 'shop', corrections: true });
    expect(rotated['signatureSecret']).toMatch(/^whsec_/);
    expect((await (await callers()).findAccountKey(accountKeyId))?.secretHashes).toHaveLength(1);
    expect((await (await callers()).findApplicationKeys(id ?? ''))?.keys).toHaveLength(1);
    expect(await answer(`account-key list ${of}`)).toHaveLength(1);
    await answer(`account-key revoke ${of} ${accountKeyId}`);
    await answer(`application revoke ${of} ${id}`);

    expect(await (await callers()).findAccountKey(accountKeyId)).toBeUndefined();
    expect(await answer(`application list ${of}`)).toEqual([
      expect.objectContaining({ id, revokedAt: expect.any(String) }),
    ]);
    expect((await auditActions()).slice(before)).toEqual([
      'tenant.create',
      'application.create',
      'application.rotate_secret',
      'application.add_key',
      'application.revoke_key',
      'account_key.create',
      'account_key.add_secret',
      'account_key.revoke_secret',
      'account_key.revoke',
      'application.revoke',
    ]);
    expect(await testDatabase.database.knex('audit_log').distinct('actor').pluck('actor')).toEqual([
      expect.stringMatching(/^operator:./),
    ]);
  });

  test('the status URL is set and taken away, and an inner address is refused', async () => {
    const { id: tenantId } = await answer('tenant create Urls');
    const of = `--tenant ${tenantId}`;
    const { id } = await answer(`application create ${of} --name a`);

    const set = await answer(`application set-status-url ${of} ${id} https://caller.example/s`);
    const refused = await admin(`application set-status-url ${of} ${id} http://127.0.0.1/s`);
    const opened = await admin(`application set-status-url ${of} ${id} http://127.0.0.1:9/s`, {
      OUTBOUND_ALLOW: '127.0.0.0/8',
    });
    const created = await admin(`application create ${of} --name b --status-url https://10.1.2.3/`);
    const unset = await answer(`application set-status-url ${of} ${id}`);

    expect(set['statusUrl']).toBe('https://caller.example/s');
    expect(refused).toEqual({ code: 1, out: '', error: expect.stringContaining('not public') });
    expect(opened.code).toBe(0);
    expect(created.code).toBe(1);
    expect(unset).not.toHaveProperty('statusUrl');
  });
});

describe('tokens', () => {
  test('the first token needs no option: it is the platform’s and may do everything', async () => {
    const token = await answer<{ id: string; token: string }>('token create');

    const { findAccessToken, hashSecret } = await callers();

    expect(await findAccessToken(hashSecret(token.token))).toEqual({
      id: token.id,
      permissions: PERMISSIONS,
    });
    await answer(`token revoke ${token.id} --platform`);
    expect(await findAccessToken(hashSecret(token.token))).toBeUndefined();
  });

  test("a tenant's token may do all but what is the platform's, or only what is named", async () => {
    const { id: tenantId } = await answer('tenant create Tokens');

    const all = await answer<{ permissions: string[] }>(`token create --tenant ${tenantId}`);
    const some = await answer<{ permissions: string[]; expiresAt: string }>(
      `token create --tenant ${tenantId} --name ci --expires 2099-01-01T00:00:00Z --permission SEND_DISPATCH VIEW_ACTIVITIES`,
    );

    expect(all.permissions).toEqual(PERMISSIONS.filter((name) => name !== 'MANAGE_PLATFORM'));
    expect(some).toMatchObject({
      permissions: ['SEND_DISPATCH', 'VIEW_ACTIVITIES'],
      expiresAt: '2099-01-01T00:00:00.000Z',
    });
    expect(await answer(`token list --tenant ${tenantId}`)).toHaveLength(2);
  });
});

describe('secrets', () => {
  test('rotate moves everything to the newest key, and verify opens it all', async () => {
    await answer('tenant create Sealed');
    const k2 = aMasterKey('k2');

    const rotation = await admin('secrets rotate --data --json', { SECRETS_KEYS: `${k2},${k1}` });
    env['SECRETS_KEYS'] = k2;
    const verification = await answer<{ opened: number; faults: unknown[] }>('secrets verify');

    expect(rotation.code).toBe(0);
    expect(JSON.parse(rotation.out)).toMatchObject({ faults: [] });
    expect(JSON.parse(rotation.out).rewrapped).toBeGreaterThan(0);
    expect(verification.opened).toBeGreaterThan(0);
    expect(verification.faults).toEqual([]);
    expect((await auditActions()).at(-1)).toBe('secrets.rotate');
    expect((await admin('tenant list', { SECRETS_KEYS: k1 })).code).toBe(78);
  });

  test('verify exits with 1 and names what does not open', async () => {
    const { id: tenantId } = await answer('tenant create Broken');
    const { id } = await answer(`application create --tenant ${tenantId} --name broken`);
    await testDatabase.database
      .knex('secrets')
      .where({ owner_id: id })
      .update({ field: 'renamed' });

    const { code, out, error } = await admin('secrets verify --json');

    expect(code).toBe(1);
    expect(JSON.parse(out).faults).toEqual([expect.objectContaining({ ownerId: id })]);
    expect(error).toMatch(/enter them again/);
    await testDatabase.database.knex('secrets').where({ owner_id: id }).delete();
  });
});

describe('answers', () => {
  test('are tables and fields for people, and a secret is announced as shown once', async () => {
    const { code, out, error } = await admin('token create --name people');
    const list = await admin('tenant list');

    expect(code).toBe(0);
    expect(out).toMatch(/^token {6,}fdt_/m);
    expect(out).toMatch(/^permissions +SEND_DISPATCH, /m);
    expect(error).toMatch(/not shown again/);
    expect(list.out).toMatch(/^id +name +createdAt\n/);
    expect(list.out).toContain(`${PLATFORM_TENANT_ID}  platform`);
  });

  test('an empty list is none', async () => {
    const { id } = await answer('tenant create Empty');

    expect((await admin(`application list --tenant ${id}`)).out).toBe('none\n');
  });

  test('--json stands before or after the command', async () => {
    const before = await admin('--json tenant list');
    const after = await admin('tenant list --json');

    expect(JSON.parse(before.out)).toEqual(JSON.parse(after.out));
  });
});

describe('help', () => {
  test.each([
    ['--help', ['tenant', 'application', 'account-key', 'token', 'secrets', '--json']],
    ['application --help', ['create', 'set-status-url', 'rotate-secret', 'add-key', 'revoke']],
    ['application create --help', ['--status-url', '--public-key-file', '--json']],
    ['account-key --help', ['create', 'list', 'add-secret', 'revoke-secret', 'revoke']],
    ['token create --help', ['--platform', '--permission', 'VIEW_ACTIVITIES']],
    ['secrets --help', ['rotate', 'verify']],
    ['tenant --help', ['create', 'list']],
  ])('%s needs no settings and exits with 0', async (line, words) => {
    const { code, out } = await admin(line, { DATABASE_URL: '', SECRETS_KEYS: '' });

    expect(code).toBe(0);
    for (const word of words) {
      expect(out).toContain(word);
    }
  });
});

describe('exit codes', () => {
  const someId = '01900000-0000-7000-8000-000000000001';

  test.each([
    [''],
    ['frobnicate'],
    ['tenant'],
    ['tenant create'],
    ['tenant list extra'],
    ['application list'],
    ['application list --tenant shop'],
    [`token create --platform --tenant ${someId}`],
    ['token create --permission EVERYTHING'],
    [`application add-key --tenant ${someId} ${someId} --public-key-file /nowhere/at/all`],
  ])('%j is spelled wrong: 2, with help on the error stream', async (line) => {
    const { code, out, error } = await admin(line);

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).not.toBe('');
  });

  test.each([
    [`application list-keys --tenant ${someId} ${someId}`, /no such application/],
    [`account-key revoke --tenant ${someId} 0badc0de`, /no such live account key/],
    [`application create --tenant ${someId} --name a`, /no such tenant/],
    [`token create --expires yesterday`, /time to come/],
  ])('%j is refused: 1, with a sentence', async (line, reason) => {
    const { code, out, error } = await admin(line);

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toMatch(reason);
    expect(error).not.toMatch(/ at .*\.ts/);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['no settings', { DATABASE_URL: '', SECRETS_KEYS: '' }, /DATABASE_URL[^]*SECRETS_KEYS/],
    ['a sample key', { SECRETS_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` }, /sample/],
    ['a key ring that does not fit', { SECRETS_KEYS: aMasterKey('k9') }, /is missing/],
  ])('%s: 78', async (_what, changes, reason) => {
    const { code, out, error } = await admin('tenant list', changes);

    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(error).toMatch(reason);
  });

  test('a database that does not answer: 1, with the reason', async () => {
    const { code, error } = await admin('tenant list', {
      DATABASE_URL: 'postgresql://nobody:canary-password@127.0.0.1:1/none',
    });

    expect(code).toBe(1);
    expect(error).toMatch(/ECONNREFUSED/);
    expect(error).not.toContain('canary-password');
  });

  test('a database without a schema: 1, and what to run', async () => {
    const empty = await createTestDatabase({ migrated: false });

    const { code, error } = await admin('tenant list', { DATABASE_URL: empty.url });

    expect(code).toBe(1);
    expect(error).toMatch(/npm run migrate -- up/);
  });
});
