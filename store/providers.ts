import { v7 as uuidV7 } from 'uuid';
import type { ChannelDefinition, Provider } from '../domain/provider';
import { recordChange, type Actor } from './audit';
import type { Database, Sql, Statement } from './database';

/** A provider with its definitions, as data: who stores it gives the ids. */
export interface ProviderData {
  readonly provider: Omit<Provider, 'id' | 'tenantId'>;
  readonly definitions: readonly Omit<ChannelDefinition, 'id' | 'providerId'>[];
}

/** Ids of a stored provider and of its current definitions, by channel. */
export interface StoredProvider {
  readonly id: string;
  readonly definitionIds: Readonly<Record<string, string>>;
}

const UPSERT_PROVIDER: Statement = {
  name: 'provider-upsert',
  text: `
    insert into dispatch_providers (id, code, name, protocol_type, base_url, is_active)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (code, coalesce(tenant_id, '00000000-0000-0000-0000-000000000000')) do update set
      name = excluded.name, protocol_type = excluded.protocol_type, base_url = excluded.base_url,
      is_active = excluded.is_active, revision = dispatch_providers.revision + 1, updated_at = now()
    returning id`,
};
const UPSERT_DEFINITION: Statement = {
  name: 'definition-upsert',
  text: `
    insert into channel_definitions (id, dispatch_provider_id, channel, version, state, credential_schema, settings_schema,
      capabilities, auth, send, receipt, probe)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict (dispatch_provider_id, channel, version) do update set
      state = excluded.state, credential_schema = excluded.credential_schema, settings_schema = excluded.settings_schema,
      capabilities = excluded.capabilities, auth = excluded.auth, send = excluded.send, receipt = excluded.receipt,
      probe = excluded.probe, revision = channel_definitions.revision + 1, updated_at = now()
    returning id`,
};

/** Stores a global provider with its definitions, or brings what is stored under its code up to date. */
export async function importProvider(
  db: Database,
  { provider, definitions }: ProviderData,
  { actor }: Actor,
): Promise<StoredProvider> {
  return db.transaction(async (tx) => {
    const { code, name, protocolType, baseUrl = null, isActive } = provider;
    const row = await tx.row<{ id: string }>(UPSERT_PROVIDER, [
      uuidV7(),
      code,
      name,
      protocolType,
      baseUrl,
      isActive,
    ]);
    const id = row?.id ?? '';
    const stored: [string, string][] = [];
    for (const definition of definitions) {
      stored.push([definition.channel, await upsertDefinition(tx, id, definition)]);
    }
    const details = { code, channels: definitions.map(({ channel }) => channel) };
    await recordChange(tx, undefined, { actor, action: 'provider.import', target: id, details });
    return { id, definitionIds: Object.fromEntries(stored) };
  });
}

async function upsertDefinition(
  tx: Sql,
  providerId: string,
  definition: Omit<ChannelDefinition, 'id' | 'providerId'>,
): Promise<string> {
  const row = await tx.row<{ id: string }>(UPSERT_DEFINITION, [
    uuidV7(),
    providerId,
    definition.channel,
    definition.version,
    definition.state,
    JSON.stringify(definition.credentialSchema),
    JSON.stringify(definition.settingsSchema),
    JSON.stringify(definition.capabilities),
    json(definition.auth),
    json(definition.send),
    json(definition.receipt),
    json(definition.probe),
  ]);
  return row?.id ?? '';
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
