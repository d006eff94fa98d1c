/** Who can send for us, how, and with which tenant's account. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table dispatch_providers (
      id uuid primary key,
      tenant_id uuid references tenants (id),
      code text not null,
      name text not null,
      protocol_type text not null,
      base_url text,
      is_active boolean not null default true,
      revision integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint dispatch_providers_code_form check (code ~ '^[A-Z0-9_]{2,50}$'),
      constraint dispatch_providers_protocol check (protocol_type in ('REST', 'WEBHOOK', 'EMAIL', 'SMS', 'WSP'))
    );
    create unique index dispatch_providers_code on dispatch_providers (code, coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'));
    comment on table dispatch_providers is 'Systems that send for us.';
    comment on column dispatch_providers.id is 'UUIDv7.';
    comment on column dispatch_providers.tenant_id is 'Its owner; null: global, for every tenant.';
    comment on column dispatch_providers.code is 'Unique code, upper case; never changes.';
    comment on column dispatch_providers.name is 'Shown to people.';
    comment on column dispatch_providers.protocol_type is 'Which adapter speaks to it.';
    comment on column dispatch_providers.base_url is 'Where it listens, unless the account says otherwise.';
    comment on column dispatch_providers.is_active is 'Whether anything is sent through it.';
    comment on column dispatch_providers.revision is 'Counts changes; the ETag.';
    comment on column dispatch_providers.created_at is 'When it was made.';
    comment on column dispatch_providers.updated_at is 'When it was last changed.';

    create table channel_definitions (
      id uuid primary key,
      dispatch_provider_id uuid not null references dispatch_providers (id),
      tenant_id uuid references tenants (id),
      channel text not null,
      version integer not null default 1,
      state text not null default 'draft',
      credential_schema jsonb not null default '[]',
      settings_schema jsonb not null default '[]',
      capabilities jsonb not null default '{}',
      auth jsonb,
      send jsonb,
      receipt jsonb,
      probe jsonb,
      examples jsonb,
      revision integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint channel_definitions_channel_form check (channel ~ '^[A-Za-z][A-Za-z0-9_]{1,49}$'),
      constraint channel_definitions_state check (state in ('draft', 'current', 'deprecated'))
    );
    create unique index channel_definitions_version on channel_definitions (dispatch_provider_id, channel, version);
    create unique index channel_definitions_current on channel_definitions (dispatch_provider_id, channel) where state = 'current';
    comment on table channel_definitions is 'What a provider needs for a channel and how to send: provider as data.';
    comment on column channel_definitions.id is 'UUIDv7.';
    comment on column channel_definitions.dispatch_provider_id is 'The provider.';
    comment on column channel_definitions.tenant_id is 'The provider''s owner; null: global.';
    comment on column channel_definitions.channel is 'The channel it sends.';
    comment on column channel_definitions.version is 'Counts from 1 per provider and channel; accounts keep the version they were saved with.';
    comment on column channel_definitions.state is 'draft, current (takes new accounts) or deprecated.';
    comment on column channel_definitions.credential_schema is 'Fields of the credentials.';
    comment on column channel_definitions.settings_schema is 'Fields of the settings.';
    comment on column channel_definitions.capabilities is 'Statuses it reports, idempotency, echoed reference, time-to-live.';
    comment on column channel_definitions.auth is 'JSONata maps of headers and query values that authenticate.';
    comment on column channel_definitions.send is 'JSONata maps of request and answer.';
    comment on column channel_definitions.receipt is 'Signature and JSONata map of inbound reports.';
    comment on column channel_definitions.probe is 'Request that tests an account.';
    comment on column channel_definitions.examples is 'Examples that the maps must reproduce.';
    comment on column channel_definitions.revision is 'Counts changes; the ETag.';
    comment on column channel_definitions.created_at is 'When it was made.';
    comment on column channel_definitions.updated_at is 'When it was last changed.';

    create table dispatch_configs (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      dispatch_provider_id uuid not null references dispatch_providers (id),
      channel_definition_id uuid not null references channel_definitions (id),
      channel text not null,
      label text not null default '',
      base_url text,
      settings jsonb not null default '{}',
      senders text[] not null default '{}',
      priority integer not null default 100,
      weight integer not null default 1,
      is_active boolean not null default true,
      on_unknown text not null default 'wait',
      timeout_ms integer not null default 10000,
      rate_limit jsonb,
      price_table jsonb,
      state text not null default 'unverified',
      state_reason text,
      state_at timestamptz,
      receipt_token_hash bytea not null,
      revision integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint dispatch_configs_on_unknown check (on_unknown in ('wait', 'fail_over', 'resend')),
      constraint dispatch_configs_timeout check (timeout_ms between 1000 and 60000),
      constraint dispatch_configs_state check (state in ('unverified', 'ok', 'failing', 'disabled'))
    );
    create unique index dispatch_configs_receipt_token on dispatch_configs (receipt_token_hash);
    create index dispatch_configs_plan on dispatch_configs (tenant_id, channel);
    create index dispatch_configs_provider on dispatch_configs (dispatch_provider_id);
    comment on table dispatch_configs is 'Accounts: a tenant''s credentials and settings for one channel definition.';
    comment on column dispatch_configs.id is 'UUIDv7; attempts name it.';
    comment on column dispatch_configs.tenant_id is 'Its owner; the platform''s are defaults for every tenant.';
    comment on column dispatch_configs.dispatch_provider_id is 'The provider.';
    comment on column dispatch_configs.channel_definition_id is 'The version of the definition it was saved with.';
    comment on column dispatch_configs.channel is 'The channel it sends.';
    comment on column dispatch_configs.label is 'Shown to people.';
    comment on column dispatch_configs.base_url is 'Where this account''s provider listens; null: the provider''s own.';
    comment on column dispatch_configs.settings is 'Values of the settings schema.';
    comment on column dispatch_configs.senders is 'Sender identities it owns; empty: any.';
    comment on column dispatch_configs.priority is 'Lower is tried first.';
    comment on column dispatch_configs.weight is 'Share among accounts of the same priority.';
    comment on column dispatch_configs.is_active is 'Whether it is used.';
    comment on column dispatch_configs.on_unknown is 'What to do when nobody knows whether the provider took a message.';
    comment on column dispatch_configs.timeout_ms is 'Longest provider call in milliseconds.';
    comment on column dispatch_configs.rate_limit is 'Per second, burst and concurrent; null: none.';
    comment on column dispatch_configs.price_table is 'Prices where receipts carry none; null: none.';
    comment on column dispatch_configs.state is 'unverified, ok, failing or disabled.';
    comment on column dispatch_configs.state_reason is 'Why it is in this state.';
    comment on column dispatch_configs.state_at is 'Since when.';
    comment on column dispatch_configs.receipt_token_hash is 'HMAC-SHA-256 of the token in its receipt URL, under the pepper.';
    comment on column dispatch_configs.revision is 'Counts changes; the ETag.';
    comment on column dispatch_configs.created_at is 'When it was made.';
    comment on column dispatch_configs.updated_at is 'When it was last changed.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(
    `drop table dispatch_configs; drop table channel_definitions; drop table dispatch_providers;`,
  );
}
