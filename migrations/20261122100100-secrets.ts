/** Sealed values and the keys that seal them (AES-256-GCM, one data key per tenant). */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table data_keys (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      master_key_id text not null,
      wrapped bytea not null,
      state text not null default 'live',
      created_at timestamptz not null default now(),
      constraint data_keys_state check (state in ('live', 'retired'))
    );
    create unique index data_keys_live on data_keys (tenant_id) where state = 'live';
    comment on table data_keys is 'Data keys, each wrapped by a master key of SECRETS_KEYS.';
    comment on column data_keys.id is 'UUIDv7; sealed values carry it.';
    comment on column data_keys.tenant_id is 'Whose values it seals.';
    comment on column data_keys.master_key_id is 'Name of the wrapping master key.';
    comment on column data_keys.wrapped is 'Nonce, ciphertext and tag of the 32-byte key.';
    comment on column data_keys.state is 'live seals and opens, retired only opens.';
    comment on column data_keys.created_at is 'When it was made.';

    create table secrets (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      owner_kind text not null,
      owner_id text not null,
      field text not null,
      place text[] not null,
      sealed bytea not null,
      state text not null default 'live',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint secrets_owner_kind check (owner_kind in ('account', 'application', 'platform')),
      constraint secrets_state check (state in ('live', 'retired'))
    );
    create index secrets_owner on secrets (owner_kind, owner_id, field);
    comment on table secrets is 'One sealed value each, bound to its place.';
    comment on column secrets.id is 'UUIDv7; part of the place.';
    comment on column secrets.tenant_id is 'Whose secret.';
    comment on column secrets.owner_kind is 'What owns it: a dispatch config, an application, the platform.';
    comment on column secrets.owner_id is 'Id of the owner.';
    comment on column secrets.field is 'Field of the owner, such as apiKey or signature_secret.';
    comment on column secrets.place is 'Tenant, provider, host, channel, field and row it was sealed for; opened with the place as it is now.';
    comment on column secrets.sealed is 'Version, data key id, nonce, ciphertext and tag.';
    comment on column secrets.state is 'live, or retired after a rotation.';
    comment on column secrets.created_at is 'When it was first sealed.';
    comment on column secrets.updated_at is 'When it was last set.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table secrets; drop table data_keys;`);
}
