import { generateKeyPairSync } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import {
  addApplicationKey,
  findApplicationKeys,
  listApplicationKeys,
  revokeApplicationKey,
} from '../../store/application-keys';
import { getApplication, listApplications, revokeApplication } from '../../store/applications';
import { createApplication } from '../../store/create-application';
import { liveSignatureSecrets, rotateSignatureSecret } from '../../store/signature-secrets';
import { setStatusUrl } from '../../store/status-urls';
import {
  ACTOR,
  aKeyPair,
  anApplication,
  callerStores,
  type CallerStores,
} from '../support/callers';
import { createTestDatabase } from '../support/database';
import { aTenant } from '../support/secrets';

const missing = '01900000-0000-7000-8000-000000000001';
const pair = aKeyPair();
let stores: CallerStores;
let tenantId: string;
let otherTenantId: string;

beforeAll(async () => {
  stores = await callerStores((await createTestDatabase()).database);
  otherTenantId = await aTenant(stores.db, 'Other');
});

beforeEach(async () => {
  tenantId = await aTenant(stores.db);
});

async function auditOf(tenant: string): Promise<string[]> {
  return stores.db.knex('audit_log').where({ tenant_id: tenant }).orderBy('id').pluck('action');
}

describe('creating an application', () => {
  test('answers it with its defaults and a signature secret that Standard Webhooks takes', async () => {
    const wanted = { name: 'Shop', ...ACTOR };

    const { application, signatureSecret } = await createApplication(stores, tenantId, wanted);

    expect(application).toEqual({
      id: expect.any(String),
      tenantId,
      name: 'Shop',
      currency: 'EUR',
      fee: '0',
      hrefStyle: 'spec',
      corrections: false,
      stopOnLateSuccess: false,
      disableOnGone: false,
      createdAt: expect.stringMatching(/^20\d\d-.*Z$/),
    });
    expect(signatureSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Webhook(signatureSecret).sign('id', new Date(), '{}')).toMatch(/^v1,/);
    expect(await liveSignatureSecrets(stores.secrets, tenantId, application.id)).toEqual([
      signatureSecret,
    ]);
    expect(await auditOf(tenantId)).toEqual(['application.create']);
  });

  test('keeps everything that was chosen', async () => {
    const chosen = {
      name: 'Shop',
      statusUrl: 'https://caller.example/status',
      currency: 'USD',
      fee: '0.0333',
      hrefStyle: 'wire',
      corrections: true,
      stopOnLateSuccess: true,
      disableOnGone: true,
    } as const;

    const id = await anApplication(stores, tenantId, {
      ...chosen,
      key: { publicKey: pair.publicKey, kid: 'main' },
    });

    expect(await getApplication(stores.db, tenantId, id)).toMatchObject(chosen);
    expect(await findApplicationKeys(stores.db, id)).toEqual({
      id,
      tenantId,
      keys: [{ kid: 'main', publicKey: pair.publicKey }],
    });
  });

  test.each([
    ['an empty name', { name: '' }],
    ['a small currency', { currency: 'eur' }],
    ['a fee with an exponent', { fee: '1e3' }],
    ['a status URL of another scheme', { statusUrl: 'ftp://caller.example' }],
    ['a status URL with a password', { statusUrl: 'https://a:b@caller.example' }],
    ['a key that is none', { key: { publicKey: 'ssh-rsa AAAA' } }],
  ])('with %s is refused and leaves nothing', async (_what, changes) => {
    await expect(anApplication(stores, tenantId, changes)).rejects.toMatchObject({
      code: 'invalid_input',
    });

    expect(await listApplications(stores.db, tenantId)).toEqual([]);
    expect(await auditOf(tenantId)).toEqual([]);
  });

  test.each([missing, 'not-an-id'])('for the missing tenant %s is not found', async (tenant) => {
    await expect(anApplication(stores, tenant)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('public keys', () => {
  test.each<[string, () => string, RegExp]>([
    ['a private key', () => pair.privateKey, /private key/],
    ['1024 bits', () => aKeyPair(1_024).publicKey, /1024 bits/],
    ['an elliptic curve', ecKey, /no RSA key/],
    ['RSA-PSS', pssKey, /no RSA key/],
    ['half a PEM', () => pair.publicKey.slice(0, 200), /no PEM/],
    ['nothing', () => '', /no PEM/],
  ])('of the kind "%s" are refused', async (_what, publicKey, reason) => {
    const id = await anApplication(stores, tenantId);

    const adding = addApplicationKey(stores.db, tenantId, {
      applicationId: id,
      publicKey: publicKey(),
      ...ACTOR,
    });

    await expect(adding).rejects.toThrow(reason);
    await expect(adding).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('in the older form are kept as SPKI', async () => {
    const id = await anApplication(stores, tenantId);
    const { publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });

    const key = await addApplicationKey(stores.db, tenantId, {
      applicationId: id,
      publicKey,
      ...ACTOR,
    });

    expect(key.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });

  test('are two at most, also when many are added at once', async () => {
    const id = await anApplication(stores, tenantId);
    const add = (): Promise<unknown> =>
      addApplicationKey(stores.db, tenantId, { applicationId: id, ...pair, ...ACTOR });

    const results = await Promise.allSettled([add(), add(), add(), add(), add()]);

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    for (const result of results) {
      expect(result).toMatchObject(
        result.status === 'rejected' ? { reason: { code: 'conflict' } } : {},
      );
    }
    expect(await listApplicationKeys(stores.db, tenantId, id)).toHaveLength(2);
  });

  test('that are revoked verify nothing more, and make room', async () => {
    const id = await anApplication(stores, tenantId, { key: { publicKey: pair.publicKey } });
    const [key] = await listApplicationKeys(stores.db, tenantId, id);
    const revocation = { applicationId: id, keyId: key?.id ?? '', ...ACTOR };

    await expect(revokeApplicationKey(stores.db, otherTenantId, revocation)).rejects.toMatchObject({
      code: 'not_found',
    });
    await revokeApplicationKey(stores.db, tenantId, revocation);

    expect(await findApplicationKeys(stores.db, id)).toEqual({ id, tenantId, keys: [] });
    await expect(revokeApplicationKey(stores.db, tenantId, revocation)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test.each(['', 'x', "' or 1=1", missing])(
    'are not found for the application "%s"',
    async (id) => {
      expect(await findApplicationKeys(stores.db, id)).toBeUndefined();
    },
  );
});

function ecKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function pssKey(): string {
  const { publicKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2_048 });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

describe('the status URL', () => {
  const one = 'https://caller.example/one';
  const two = 'https://caller.example/two';
  const set = (applicationId: string, url?: string, tenant = tenantId): Promise<void> =>
    setStatusUrl(stores.db, tenant, { applicationId, ...ACTOR, ...(url && { url }) });
  const endpointsOf = (id: string): PromiseLike<unknown[]> =>
    stores.db
      .knex('endpoints')
      .where({ application_id: id })
      .orderBy('created_at')
      .select('id', 'url', 'is_status', 'state');

  test('that changes becomes a new endpoint, and the old one stays for its backlog', async () => {
    const id = await anApplication(stores, tenantId, { statusUrl: one });
    const [before] = await endpointsOf(id);

    await set(id, two);

    expect(await endpointsOf(id)).toEqual([
      { ...(before as object), is_status: false },
      { id: expect.any(String), url: two, is_status: true, state: 'active' },
    ]);
    expect(await getApplication(stores.db, tenantId, id)).toMatchObject({ statusUrl: two });
  });

  test('that comes back is the endpoint it was, and works again after a 410', async () => {
    const id = await anApplication(stores, tenantId, { statusUrl: one });
    const [before] = await endpointsOf(id);
    await set(id, two);
    await stores.db.knex('endpoints').where({ url: one }).update({ state: 'disabled' });

    await set(id, one);

    expect((await endpointsOf(id))[0]).toEqual(before);
  });

  test('that is set again is opened again', async () => {
    const id = await anApplication(stores, tenantId, { statusUrl: one });
    await stores.db.knex('endpoints').where({ application_id: id }).update({ state: 'disabled' });

    await set(id, one);

    expect(await endpointsOf(id)).toEqual([expect.objectContaining({ state: 'active' })]);
  });

  test('can be taken away', async () => {
    const id = await anApplication(stores, tenantId, { statusUrl: one });

    await set(id);

    expect(await getApplication(stores.db, tenantId, id)).not.toHaveProperty('statusUrl');
  });

  test('is one, also when many are set at once', async () => {
    const id = await anApplication(stores, tenantId);

    await Promise.all([one, two, one, two, `${one}/3`].map((url) => set(id, url)));

    const flags = (await endpointsOf(id)) as { is_status: boolean }[];
    expect(flags.filter((endpoint) => endpoint.is_status)).toHaveLength(1);
  });

  test('of another tenant cannot be set', async () => {
    const id = await anApplication(stores, tenantId, { statusUrl: one });

    await expect(set(id, two, otherTenantId)).rejects.toMatchObject({ code: 'not_found' });
    expect(await getApplication(stores.db, tenantId, id)).toMatchObject({ statusUrl: one });
  });
});

describe('signature secrets', () => {
  test('are two at most, newest first', async () => {
    const wanted = { name: 'Shop', ...ACTOR };
    const { application, signatureSecret } = await createApplication(stores, tenantId, wanted);
    const rotation = { applicationId: application.id, ...ACTOR };
    const live = (): Promise<string[]> =>
      liveSignatureSecrets(stores.secrets, tenantId, application.id);

    const second = await rotateSignatureSecret(stores, tenantId, rotation);
    expect(await live()).toEqual([second, signatureSecret]);
    const third = await rotateSignatureSecret(stores, tenantId, rotation);

    expect(await live()).toEqual([third, second]);
    expect(await auditOf(tenantId)).toEqual([
      'application.create',
      'application.rotate_secret',
      'application.rotate_secret',
    ]);
  });

  test('of another tenant are neither read nor rotated', async () => {
    const id = await anApplication(stores, tenantId);

    expect(await liveSignatureSecrets(stores.secrets, otherTenantId, id)).toEqual([]);
    await expect(
      rotateSignatureSecret(stores, otherTenantId, { applicationId: id, ...ACTOR }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a revoked application', () => {
  test('calls no more, changes no more, and is still listed', async () => {
    const id = await anApplication(stores, tenantId, { key: { publicKey: pair.publicKey } });

    await revokeApplication(stores.db, tenantId, { applicationId: id, ...ACTOR });

    expect(await findApplicationKeys(stores.db, id)).toBeUndefined();
    expect(await listApplications(stores.db, tenantId)).toEqual([
      expect.objectContaining({ id, revokedAt: expect.any(String) }),
    ]);
    const changes = [
      () => revokeApplication(stores.db, tenantId, { applicationId: id, ...ACTOR }),
      () => setStatusUrl(stores.db, tenantId, { applicationId: id, ...ACTOR }),
      () => rotateSignatureSecret(stores, tenantId, { applicationId: id, ...ACTOR }),
    ];
    for (const change of changes) {
      await expect(change()).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  test('of another tenant is not revoked', async () => {
    const id = await anApplication(stores, tenantId);

    await expect(
      revokeApplication(stores.db, otherTenantId, { applicationId: id, ...ACTOR }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('the audit log holds no secret', async () => {
  const { signatureSecret } = await createApplication(stores, tenantId, { name: 'A', ...ACTOR });

  const { rows } = await stores.db.knex.raw(
    'select string_agg(audit_log::text, chr(10)) as text from audit_log',
  );

  expect(rows[0].text).toContain('application.create');
  expect(rows[0].text).not.toContain(signatureSecret.slice(6));
  expect(rows[0].text).not.toContain('whsec_');
});
