import { PERMISSIONS } from '../../domain/vocabulary';
import {
  createAccessToken,
  findAccessToken,
  listAccessTokens,
  revokeAccessToken,
  type NewAccessToken,
} from '../../store/access-tokens';
import { createCallers } from '../../store/callers';
import { ACTOR, callerStores, type CallerStores } from '../support/callers';
import { createTestDatabase } from '../support/database';
import { aTenant } from '../support/secrets';

let stores: CallerStores;
let tenantId: string;

beforeAll(async () => {
  stores = await callerStores((await createTestDatabase()).database);
});

beforeEach(async () => {
  tenantId = await aTenant(stores.db);
});

function create(tenant: string | undefined, changes: Partial<NewAccessToken> = {}) {
  const wanted = { name: 'token', permissions: ['VIEW_ACTIVITIES'] as const, ...changes };
  return createAccessToken(stores, tenant, { ...wanted, ...ACTOR });
}

const find = (token: string) => findAccessToken(stores.db, stores.pepper.hashSecret(token));

test("a tenant's token is found by its hash, with its tenant and permissions", async () => {
  const permissions = ['MANAGE_ACTIVITY_CONFIG', 'VIEW_ACTIVITIES'] as const;

  const { token, accessToken } = await create(tenantId, { permissions });

  expect(token).toMatch(/^fdt_[A-Za-z0-9_-]{43}$/);
  expect(await find(token)).toEqual({
    id: accessToken.id,
    tenantId,
    permissions: ['VIEW_ACTIVITIES', 'MANAGE_ACTIVITY_CONFIG'],
  });
});

test("the platform's token has no tenant and may have every permission", async () => {
  const { token, accessToken } = await create(undefined, { permissions: PERMISSIONS });

  expect(await find(token)).toEqual({ id: accessToken.id, permissions: PERMISSIONS });
});

test('a token that is revoked or past its end is not found and not listed', async () => {
  const revoked = await create(tenantId);
  const expired = await create(tenantId, {
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  });
  expect(await find(expired.token)).toBeDefined();

  await revokeAccessToken(stores.db, tenantId, { tokenId: revoked.accessToken.id, ...ACTOR });
  await stores.db
    .knex('access_tokens')
    .where({ id: expired.accessToken.id })
    .update({ expires_at: stores.db.knex.raw(`now() - interval '1 millisecond'`) });

  expect(await find(revoked.token)).toBeUndefined();
  expect(await find(expired.token)).toBeUndefined();
  expect(await listAccessTokens(stores.db, tenantId)).toEqual([]);
});

test('an unknown token is not found', async () => {
  expect(await find('fdt_' + 'A'.repeat(43))).toBeUndefined();
});

test('a permission that this build does not know opens nothing', async () => {
  const { token, accessToken } = await create(tenantId);
  await stores.db
    .knex('access_tokens')
    .where({ id: accessToken.id })
    .update({ permissions: ['VIEW_ACTIVITIES', 'RULE_THE_WORLD'] });

  expect((await find(token))?.permissions).toEqual(['VIEW_ACTIVITIES']);
});

test('the list shows names and permissions, and never a token', async () => {
  const { token } = await create(tenantId, { name: 'ci' });
  await create(await aTenant(stores.db), { name: 'foreign' });
  await create(undefined, { name: 'platform' });

  const list = await listAccessTokens(stores.db, tenantId);

  expect(list.map(({ name }) => name)).toEqual(['ci']);
  expect(JSON.stringify(list)).not.toContain(token.slice(4));
  const platform = await listAccessTokens(stores.db, undefined);
  expect(platform.map(({ name }) => name)).toContain('platform');
  expect(platform.map(({ name }) => name)).not.toContain('ci');
});

test('neither another tenant nor the platform revokes a token under a wrong tenant', async () => {
  const { token, accessToken } = await create(tenantId);
  const platform = await create(undefined);

  for (const wrong of [await aTenant(stores.db), undefined]) {
    await expect(
      revokeAccessToken(stores.db, wrong, { tokenId: accessToken.id, ...ACTOR }),
    ).rejects.toMatchObject({ code: 'not_found' });
  }
  await expect(
    revokeAccessToken(stores.db, tenantId, { tokenId: platform.accessToken.id, ...ACTOR }),
  ).rejects.toMatchObject({ code: 'not_found' });
  expect(await find(token)).toBeDefined();
});

test.each<[string, Partial<NewAccessToken>, string]>([
  ['no permission', { permissions: [] }, 'invalid_input'],
  ['the platform permission', { permissions: ['MANAGE_PLATFORM'] }, 'invalid_input'],
  ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'invalid_input'],
  ['an end that is no time', { expiresAt: 'soon' }, 'invalid_input'],
  ['an empty name', { name: '' }, 'invalid_input'],
  ['more than its creator has', { creatorPermissions: ['SEND_DISPATCH'] }, 'forbidden'],
])("a tenant's token with %s is refused", async (_what, changes, code) => {
  await expect(create(tenantId, changes)).rejects.toMatchObject({ code });
  expect(await listAccessTokens(stores.db, tenantId)).toEqual([]);
});

test('a token for a tenant that does not exist is refused', async () => {
  await expect(create('01900000-0000-7000-8000-000000000001')).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('each change is in the audit log, without the token', async () => {
  const { token, accessToken } = await create(tenantId);
  await revokeAccessToken(stores.db, tenantId, { tokenId: accessToken.id, ...ACTOR });

  const entries = await stores.db.knex('audit_log').where({ tenant_id: tenantId }).orderBy('id');

  expect(entries).toEqual([
    expect.objectContaining({ action: 'token.create', actor: 'test', target: accessToken.id }),
    expect.objectContaining({ action: 'token.revoke', actor: 'test', target: accessToken.id }),
  ]);
  expect(JSON.stringify(entries)).not.toContain(token.slice(4));
});

test('callers are found by one door, which also knows tenants', async () => {
  const callers = createCallers(stores.db, stores.pepper);
  const { token } = await create(tenantId);

  expect(await callers.findAccessToken(callers.hashSecret(token))).toMatchObject({ tenantId });
  expect(await callers.findAccountKey('00000000')).toBeUndefined();
  expect(await callers.findApplicationKeys(tenantId)).toBeUndefined();
  expect(await callers.hasTenant(tenantId)).toBe(true);
  expect(await callers.hasTenant('01900000-0000-7000-8000-000000000001')).toBe(false);
  expect(await callers.hasTenant('no-id')).toBe(false);
});
