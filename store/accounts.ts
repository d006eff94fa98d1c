import type { Party } from '../domain/message';
import type { Account, ChannelDefinition, Provider } from '../domain/provider';
import type { Secret } from '../domain/secret';
import { PLATFORM_TENANT_ID } from '../domain/tenant';
import type { Channel } from '../domain/vocabulary';
import type { Database, Statement } from './database';
import type { Place } from './places';
import type { SecretAddress } from './secret-values';
import type { Secrets } from './secrets';
import { NeedsReentryError } from './secret-values';

/** Field under which an account's receipt token is sealed; no schema may use a name that begins with `$`. */
export const RECEIPT_TOKEN_FIELD = '$receiptToken';

/** An account with what only sends and receipts need. */
export interface LoadedAccount {
  readonly account: Account;
  /** Undefined: they do not open where the account points now, and must be entered again. */
  readonly credentials?: Readonly<Record<string, Secret>>;
  /** The token of its receipt URL. */
  readonly receiptToken: Secret;
}

/** What a step's plan needs to know of an account. */
export interface PlannableAccount {
  readonly id: string;
  readonly tenantId: string;
  readonly senders: readonly string[];
  readonly priority: number;
  readonly timeoutMs: number;
}

export interface Accounts {
  /** One account of the tenant's or the platform's, as it is now or was a second ago. */
  load(tenantId: string, accountId: string): Promise<LoadedAccount | undefined>;
  /** The account behind a receipt URL, by its token's hash. */
  findByReceiptToken(tokenHash: Buffer): Promise<LoadedAccount | undefined>;
  /** Usable accounts for a step, best first: owners of the sender, the tenant's own by priority, the platform's. */
  plan(tenantId: string, channel: Channel, sender: Party): Promise<PlannableAccount[]>;
  /** Channels that any of the tenant's or the platform's accounts can send. */
  listChannels(tenantId: string): Promise<Channel[]>;
}

/** How long a loaded account is believed, in milliseconds: a change counts within that time everywhere. */
const BELIEVED_MS = 1_000;

interface AccountRow {
  readonly id: string;
  readonly tenantId: string;
  readonly channel: Channel;
  readonly baseUrl: string | null;
  readonly settings: Record<string, unknown>;
  readonly priority: number;
  readonly isActive: boolean;
  readonly onUnknown: Account['onUnknown'];
  readonly timeoutMs: number;
  readonly state: Account['state'];
  readonly provider: Provider;
  readonly definition: ChannelDefinition;
}

const ACCOUNT_COLUMNS = `c.id, c.tenant_id as "tenantId", c.channel, coalesce(c.base_url, p.base_url) as "baseUrl",
  c.settings, c.priority, c.is_active as "isActive", c.on_unknown as "onUnknown", c.timeout_ms as "timeoutMs", c.state,
  jsonb_strip_nulls(jsonb_build_object('id', p.id, 'tenantId', p.tenant_id, 'code', p.code, 'name', p.name,
    'protocolType', p.protocol_type, 'baseUrl', p.base_url, 'isActive', p.is_active)) as provider,
  jsonb_build_object('id', d.id, 'providerId', p.id, 'channel', d.channel, 'version', d.version, 'state', d.state,
    'credentialSchema', d.credential_schema, 'settingsSchema', d.settings_schema, 'capabilities', d.capabilities)
    || jsonb_strip_nulls(jsonb_build_object('auth', d.auth, 'send', d.send, 'receipt', d.receipt, 'probe', d.probe))
    as definition`;
const ACCOUNT_TABLES = `dispatch_configs c
  join dispatch_providers p on p.id = c.dispatch_provider_id
  join channel_definitions d on d.id = c.channel_definition_id`;

const LOAD: Statement = {
  name: 'account-load',
  text: `select ${ACCOUNT_COLUMNS} from ${ACCOUNT_TABLES} where c.id = $1 and c.tenant_id in ($2, $3)`,
};
const BY_TOKEN: Statement = {
  name: 'account-by-receipt-token',
  text: `select ${ACCOUNT_COLUMNS} from ${ACCOUNT_TABLES} where c.receipt_token_hash = $1`,
};
const PLAN: Statement = {
  name: 'account-plan',
  text: `
    select c.id, c.tenant_id as "tenantId", c.senders, c.priority, c.timeout_ms as "timeoutMs"
    from ${ACCOUNT_TABLES}
    where c.tenant_id in ($1, $2) and c.channel = $3 and c.is_active and c.state <> 'disabled' and p.is_active
    order by (c.tenant_id = $1) desc, c.priority, c.id`,
};
const CHANNELS: Statement = {
  name: 'account-channels',
  text: `select distinct c.channel from dispatch_configs c where c.tenant_id in ($1, $2)`,
};

export function createAccounts(db: Database, secrets: Secrets): Accounts {
  const complete = async (row: AccountRow | undefined): Promise<LoadedAccount | undefined> =>
    row === undefined ? undefined : completeAccount(secrets, row);
  const loaded = cached((tenantId: string, accountId: string) =>
    db.row<AccountRow>(LOAD, [accountId, tenantId, PLATFORM_TENANT_ID]).then(complete),
  );
  const byToken = cached((hash: string) =>
    db.row<AccountRow>(BY_TOKEN, [Buffer.from(hash, 'hex')]).then(complete),
  );
  const planned = cached((tenantId: string, channel: string) =>
    db.rows<PlannableAccount>(PLAN, [tenantId, PLATFORM_TENANT_ID, channel]),
  );
  const channels = cached((tenantId: string) =>
    db
      .rows<{ channel: string }>(CHANNELS, [tenantId, PLATFORM_TENANT_ID])
      .then((rows) => rows.map((row) => row.channel)),
  );
  return {
    load: loaded,
    findByReceiptToken: (hash) => byToken(hash.toString('hex')),
    plan: async (tenantId, channel, sender) => forSender(await planned(tenantId, channel), sender),
    listChannels: channels,
  };
}

/** Accounts that own the sender come first; those that own only others are left out. */
function forSender(accounts: readonly PlannableAccount[], sender: Party): PlannableAccount[] {
  const identity = sender.number ?? sender.id ?? '';
  const owners = accounts.filter((account) => account.senders.includes(identity));
  const open = accounts.filter((account) => account.senders.length === 0);
  return [...owners, ...open];
}

async function completeAccount(secrets: Secrets, row: AccountRow): Promise<LoadedAccount> {
  const account: Account = { ...row, baseUrl: (row.baseUrl ?? '').replace(/\/+$/, '') };
  const owner = { ownerKind: 'account' as const, ownerId: row.id };
  const placeOf = (field: string): Place => accountPlace(account, field);
  const address: SecretAddress = {
    ...owner,
    field: RECEIPT_TOKEN_FIELD,
    place: placeOf(RECEIPT_TOKEN_FIELD),
  };
  const [receiptToken] = await secrets.openField(row.tenantId, address);
  if (receiptToken === undefined) {
    throw new Error(`account ${row.id} has no receipt token`);
  }
  try {
    const { [RECEIPT_TOKEN_FIELD]: _, ...credentials } = await secrets.openAll(
      row.tenantId,
      owner,
      placeOf,
    );
    return { account, receiptToken, credentials };
  } catch (error) {
    if (error instanceof NeedsReentryError) {
      return { account, receiptToken };
    }
    throw error;
  }
}

/** The place an account's secrets are sealed for: its provider's host above all. The receipt token is our own: no host. */
export function accountPlace(
  account: {
    readonly provider: { readonly code: string };
    readonly baseUrl: string;
    readonly channel: string;
  },
  field: string,
): Place {
  const host = field === RECEIPT_TOKEN_FIELD ? '' : hostOf(account.baseUrl);
  return { provider: account.provider.code, host, channel: account.channel };
}

function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : '';
}

/** Remembers answers for {@link BELIEVED_MS}, and asks once for all who ask at the same time. Errors are not kept. */
function cached<Args extends readonly string[], T>(
  ask: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<T> }>();
  return (...args) => {
    const key = args.join('\0');
    const known = answers.get(key);
    if (known !== undefined && known.until > performance.now()) {
      return known.answer;
    }
    if (answers.size >= 10_000) {
      answers.clear();
    }
    const answer = ask(...args);
    answers.set(key, { until: performance.now() + BELIEVED_MS, answer });
    answer.catch(() => answers.delete(key));
    return answer;
  };
}
