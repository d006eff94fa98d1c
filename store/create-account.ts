import { randomBytes } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import { CALL_TIMEOUT_MS } from '../domain/send-limits';
import type { Channel, UnknownPolicy } from '../domain/vocabulary';
import { accountPlace, RECEIPT_TOKEN_FIELD } from './accounts';
import { recordChange, type Actor } from './audit';
import type { Database, Statement } from './database';
import { found } from './ids';
import type { Pepper } from './pepper';
import type { Secrets } from './secrets';

/** A tenant's credentials and settings for one channel of a provider. */
export interface NewAccount {
  readonly providerId: string;
  readonly channel: Channel;
  readonly label?: string;
  /** Where this account's provider listens; absent: the provider's own. */
  readonly baseUrl?: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Sender identities it owns; empty: any. */
  readonly senders?: readonly string[];
  /** Lower is tried first, default 100. */
  readonly priority?: number;
  readonly onUnknown?: UnknownPolicy;
  /** Longest provider call in milliseconds, default 10,000. */
  readonly timeoutMs?: number;
}

const CURRENT: Statement = {
  name: 'account-current-definition',
  text: `
    select d.id, p.code, p.base_url as "baseUrl" from channel_definitions d
    join dispatch_providers p on p.id = d.dispatch_provider_id
    where p.id = $1 and d.channel = $2 and d.state = 'current' and (p.tenant_id is null or p.tenant_id = $3)`,
};
const INSERT: Statement = {
  name: 'account-insert',
  text: `
    insert into dispatch_configs (id, tenant_id, dispatch_provider_id, channel_definition_id, channel, label, base_url,
      settings, senders, priority, on_unknown, timeout_ms, receipt_token_hash)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
};

/** Stores an account with its sealed credentials and the token of its receipt URL; answers its id. */
export async function createAccount(
  { db, secrets, pepper }: { db: Database; secrets: Secrets; pepper: Pepper },
  tenantId: string,
  { actor, ...account }: NewAccount & Actor,
): Promise<string> {
  const { providerId, channel, credentials } = account;
  await secrets.prepare(tenantId);
  return db.transaction(async (tx) => {
    const definition = found(
      await tx.row<{ id: string; code: string; baseUrl: string | null }>(CURRENT, [
        providerId,
        channel,
        tenantId,
      ]),
      'channel definition',
    );
    const id = uuidV7();
    const token = randomBytes(32).toString('base64url');
    const tokenHash = pepper.hashSecret(token);
    const definitionId = definition.id;
    await tx.rows(INSERT, insertValues(tenantId, { id, definitionId, account, tokenHash }));
    const baseUrl = (account.baseUrl ?? definition.baseUrl ?? '').replace(/\/+$/, '');
    const sealedFor = { provider: { code: definition.code }, baseUrl, channel };
    const writer = secrets.within(tx);
    const values = { ...credentials, [RECEIPT_TOKEN_FIELD]: token };
    for (const [field, value] of Object.entries(values)) {
      const place = accountPlace(sealedFor, field);
      await writer.put(tenantId, { ownerKind: 'account', ownerId: id, field, place }, value);
    }
    const details = { providerId, channel, credentials: 'changed' };
    await recordChange(tx, tenantId, { actor, action: 'account.create', target: id, details });
    return id;
  });
}

function insertValues(tenantId: string, row: AccountRow): unknown[] {
  const { account } = row;
  return [
    row.id,
    tenantId,
    account.providerId,
    row.definitionId,
    account.channel,
    account.label ?? '',
    account.baseUrl ?? null,
    JSON.stringify(account.settings ?? {}),
    account.senders ?? [],
    account.priority ?? 100,
    account.onUnknown ?? 'wait',
    account.timeoutMs ?? CALL_TIMEOUT_MS.default,
    row.tokenHash,
  ];
}

interface AccountRow {
  readonly id: string;
  readonly definitionId: string;
  readonly account: NewAccount;
  readonly tokenHash: Buffer;
}
