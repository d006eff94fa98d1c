import {
  addAccountKeySecret,
  createAccountKey,
  findAccountKey,
  listAccountKeys,
  revokeAccountKey,
  revokeAccountKeySecret,
} from '../../store/account-keys';
import { revokeApplication } from '../../store/applications';
import { ACTOR, anApplication, callerStores, type CallerStores } from '../support/callers';
import { createTestDatabase } from '../support/database';
import { aTenant } from '../support/secrets';

let stores: CallerStores;
let tenantId: string;
let otherTenantId: string;
let applicationId: string;

beforeAll(async () => {
  stores = await callerStores((await createTestDatabase()).database);
  otherTenantId = await aTenant(stores.db, 'Other');
});

beforeEach(async () => {
  tenantId = await aTenant(stores.db);
  applicationId = await anApplication(stores, tenantId);
});

const create = () => createAccountKey(stores, tenantId, { applicationId, ...ACTOR });
const hashOf = (secret: string): Buffer => stores.pepper.hashSecret(secret);

test('a new key is eight hex characters, and its secret is found as its hash alone', async () => {
  const { accountKeyId, secret } = await create();

  expect(accountKeyId).toMatch(/^[0-9a-f]{8}$/);
  expect(secret).toMatch(/^fds_[A-Za-z0-9_-]{43}$/);
  expect(await findAccountKey(stores.db, accountKeyId)).toEqual({
    id: accountKeyId,
    tenantId,
    applicationId,
    secretHashes: [hashOf(secret)],
  });
});

test('a second secret lives beside the first, newest first; a third is a conflict', async () => {
  const { accountKeyId, secret } = await create();
  const add = () => addAccountKeySecret(stores, tenantId, { accountKeyId, ...ACTOR });

  const second = await add();

  const found = await findAccountKey(stores.db, accountKeyId);
  expect(found?.secretHashes).toEqual([hashOf(second.secret), hashOf(secret)]);
  await expect(add()).rejects.toMatchObject({ code: 'conflict' });
});

test('secrets are two at most, also when many are added at once', async () => {
  const { accountKeyId } = await create();
  const add = () => addAccountKeySecret(stores, tenantId, { accountKeyId, ...ACTOR });

  const results = await Promise.allSettled([add(), add(), add(), add()]);

  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await findAccountKey(stores.db, accountKeyId))?.secretHashes).toHaveLength(2);
});

test('a revoked secret opens nothing, and the other one stays', async () => {
  const { accountKeyId, secretId } = await create();
  const second = await addAccountKeySecret(stores, tenantId, { accountKeyId, ...ACTOR });
  const revocation = { accountKeyId, secretId, ...ACTOR };

  await revokeAccountKeySecret(stores.db, tenantId, revocation);

  const found = await findAccountKey(stores.db, accountKeyId);
  expect(found?.secretHashes).toEqual([hashOf(second.secret)]);
  await expect(revokeAccountKeySecret(stores.db, tenantId, revocation)).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('a revoked key is not found, and neither is one of a revoked application', async () => {
  const [one, two] = [await create(), await create()];

  await revokeAccountKey(stores.db, tenantId, { accountKeyId: one.accountKeyId, ...ACTOR });
  expect(await findAccountKey(stores.db, one.accountKeyId)).toBeUndefined();
  expect(await findAccountKey(stores.db, two.accountKeyId)).toBeDefined();
  await revokeApplication(stores.db, tenantId, { applicationId, ...ACTOR });

  expect(await findAccountKey(stores.db, two.accountKeyId)).toBeUndefined();
});

test('the list shows keys and secret ids, and never a secret or its hash', async () => {
  const { accountKeyId, secretId, secret } = await create();

  const list = await listAccountKeys(stores.db, tenantId);

  expect(list).toEqual([
    {
      id: accountKeyId,
      applicationId,
      createdAt: expect.stringMatching(/^20\d\d-.*Z$/),
      secrets: [
        { id: secretId, createdAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/) },
      ],
    },
  ]);
  expect(JSON.stringify(list)).not.toContain(secret);
  expect(await listAccountKeys(stores.db, otherTenantId)).toEqual([]);
});

test('another tenant can neither use the application nor change the key', async () => {
  const { accountKeyId, secretId } = await create();

  const changes = [
    () => createAccountKey(stores, otherTenantId, { applicationId, ...ACTOR }),
    () => addAccountKeySecret(stores, otherTenantId, { accountKeyId, ...ACTOR }),
    () => revokeAccountKeySecret(stores.db, otherTenantId, { accountKeyId, secretId, ...ACTOR }),
    () => revokeAccountKey(stores.db, otherTenantId, { accountKeyId, ...ACTOR }),
  ];
  for (const foreign of changes) {
    await expect(foreign()).rejects.toMatchObject({ code: 'not_found' });
  }
  expect((await findAccountKey(stores.db, accountKeyId))?.secretHashes).toHaveLength(1);
});

test.each(['', 'ABCDEF01', 'abcdef0', 'abcdef012', 'abc\u0000defg', "' or '1'='1"])(
  'the id %j is found nowhere and breaks nothing',
  async (id) => {
    expect(await findAccountKey(stores.db, id)).toBeUndefined();
  },
);

test('no secret is in the tables or the audit log', async () => {
  const { secret, accountKeyId } = await create();

  const { rows } = await stores.db.knex.raw(`
    select string_agg(t, ' ') as text from (
      select account_key_secrets::text as t from account_key_secrets
      union all select audit_log::text from audit_log where target = '${accountKeyId}') as all_rows`);

  expect(rows[0].text).toContain('account_key.create');
  expect(rows[0].text).not.toContain(secret.slice(4));
});
