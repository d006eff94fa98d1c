import { createAccounts, type Accounts } from '../../store/accounts';
import { createAccount } from '../../store/create-account';
import { PLATFORM_TENANT_ID } from '../../domain/tenant';
import { ACTOR } from '../support/callers';
import { aGround, type Ground } from '../support/dispatches';
import { aTenant } from '../support/secrets';
import { until } from '../support/until';

const SENDER = { type: 'sms', number: '447700900000' };

describe('accounts', () => {
  let ground: Ground;
  let accounts: Accounts;
  beforeAll(async () => {
    ground = await aGround();
  });
  beforeEach(() => {
    accounts = createAccounts(ground.db, ground.secrets);
  });

  const create = async (
    tenantId: string,
    changes: { channel?: string; senders?: string[]; priority?: number } = {},
  ): Promise<string> => {
    const [provider] = await ground.sql('select id from dispatch_providers');
    return createAccount(ground, tenantId, {
      providerId: provider?.id as string,
      channel: 'sms',
      credentials: { apiKey: 'key-of-account', webhookSecret: 'secret' },
      ...changes,
      ...ACTOR,
    });
  };
  const planOf = async (tenantId: string): Promise<string[]> =>
    (await accounts.plan(tenantId, 'sms', SENDER)).map(({ id }) => id);

  it('plans owners of the sender first, then by priority, the platform’s last, others’ never', async () => {
    const tenantId = await aTenant(ground.db);
    const platform = await create(PLATFORM_TENANT_ID, { priority: 1 });
    const second = await create(tenantId, { priority: 20 });
    const first = await create(tenantId, { priority: 10 });
    const owner = await create(tenantId, { priority: 90, senders: ['447700900000'] });
    await create(tenantId, { priority: 1, senders: ['447700900999'] });
    await create(await aTenant(ground.db));

    expect(await planOf(tenantId)).toEqual([owner, first, second, platform]);
  });

  it.each([
    `update dispatch_configs set is_active = false where id = ?`,
    `update dispatch_configs set state = 'disabled' where id = ?`,
  ])('leaves out what may not send: %s', async (change) => {
    const tenantId = await aTenant(ground.db);
    const usable = await create(tenantId);
    const unusable = await create(tenantId);
    await ground.sql(change, [unusable]);

    const plan = await planOf(tenantId);

    expect(plan).toContain(usable);
    expect(plan).not.toContain(unusable);
  });

  it('remembers for a second, and sees a change soon after', async () => {
    const tenantId = await aTenant(ground.db);
    const before = await planOf(tenantId);
    const id = await create(tenantId);

    expect(await planOf(tenantId)).toEqual(before);
    await until(async () => (await planOf(tenantId)).includes(id), { timeoutMs: 5_000 });
  });

  it('loads with credentials that open, and of its own tenant alone', async () => {
    const tenantId = await aTenant(ground.db);
    const id = await create(tenantId);

    const loaded = await accounts.load(tenantId, id);

    expect(loaded?.credentials?.apiKey?.reveal()).toBe('key-of-account');
    expect(Object.keys(loaded?.credentials ?? {})).toEqual(
      expect.not.arrayContaining(['$receiptToken']),
    );
    expect(await accounts.load(await aTenant(ground.db), id)).toBeUndefined();
    expect(JSON.stringify(loaded)).not.toContain('key-of-account');
  });

  it('I18: credentials do not open where the account was pointed elsewhere; its receipt URL goes on', async () => {
    const tenantId = await aTenant(ground.db);
    const id = await create(tenantId);
    await ground.sql(`update dispatch_configs set base_url = 'https://evil.example' where id = ?`, [
      id,
    ]);

    const loaded = await accounts.load(tenantId, id);

    expect(loaded?.credentials).toBeUndefined();
    const token = loaded?.receiptToken.reveal() ?? '';
    const byToken = await accounts.findByReceiptToken(ground.pepper.hashSecret(token));
    expect(byToken?.account.id).toBe(id);
  });

  it('finds nobody by a token that was never given', async () => {
    expect(await accounts.findByReceiptToken(ground.pepper.hashSecret('guess'))).toBeUndefined();
  });

  it('lists the channels of the tenant and the platform', async () => {
    const tenantId = await aTenant(ground.db);
    await create(tenantId, { channel: 'whatsapp' });
    await create(await aTenant(ground.db), { channel: 'messenger' });

    const channels = await accounts.listChannels(tenantId);

    expect(channels).toContain('whatsapp');
    expect(channels).not.toContain('messenger');
  });
});
