/** Who calls us and whose data it is: tenants, applications, account keys and access tokens. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table tenants (
      id uuid primary key,
      name text not null,
      created_at timestamptz not null default now(),
      constraint tenants_name_length check (char_length(name) between 1 and 200)
    );
    comment on table tenants is 'Whose data it is. One row is the platform itself: it owns defaults and the pepper.';
    comment on column tenants.id is 'UUIDv7 made by the application; the platform row has a fixed id.';
    comment on column tenants.name is 'Shown to operators.';
    comment on column tenants.created_at is 'When the tenant was made.';
    insert into tenants (id, name) values ('00000000-0000-7000-8000-000000000000', 'platform');

    create table applications (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      name text not null,
      currency text not null default 'EUR',
      fee text not null default '0',
      href_style text not null default 'spec',
      corrections boolean not null default false,
      stop_on_late_success boolean not null default false,
      disable_on_gone boolean not null default false,
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      constraint applications_currency_form check (currency ~ '^[A-Z]{3}$'),
      constraint applications_fee_decimal check (fee ~ '^[0-9]{1,12}([.][0-9]{1,12}){0,1}$'),
      constraint applications_href_style check (href_style in ('spec', 'wire'))
    );
    create index applications_tenant on applications (tenant_id);
    comment on table applications is 'Who calls us and where callbacks go.';
    comment on column applications.id is 'The application_id of a JWT.';
    comment on column applications.tenant_id is 'Whose application.';
    comment on column applications.name is 'Shown to operators.';
    comment on column applications.currency is 'ISO 4217; the final report sums prices in this currency.';
    comment on column applications.fee is 'Added once to each dispatch''s total: decimal text in the currency.';
    comment on column applications.href_style is 'How hrefs in callbacks are spelled: as the spec prints them, or as the 2018 wire did.';
    comment on column applications.corrections is 'Whether late changes issue numbered corrected final reports.';
    comment on column applications.stop_on_late_success is 'Whether a late success of an earlier step ends the dispatch.';
    comment on column applications.disable_on_gone is 'Whether a 410 answer to a callback disables the endpoint.';
    comment on column applications.created_at is 'When it was made.';
    comment on column applications.revoked_at is 'Since when it may not call; null while it may.';

    create table application_keys (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      application_id uuid not null references applications (id),
      kid text,
      public_key text not null,
      created_at timestamptz not null default now(),
      revoked_at timestamptz
    );
    create index application_keys_application on application_keys (application_id);
    comment on table application_keys is 'Public keys that verify an application''s JWTs; at most two live ones.';
    comment on column application_keys.id is 'UUIDv7.';
    comment on column application_keys.tenant_id is 'Whose key.';
    comment on column application_keys.application_id is 'The application it speaks for.';
    comment on column application_keys.kid is 'Optional name a JWT header may pick it by.';
    comment on column application_keys.public_key is 'SPKI PEM, RSA of at least 2048 bit.';
    comment on column application_keys.created_at is 'When it was added.';
    comment on column application_keys.revoked_at is 'Since when it verifies nothing.';

    create table account_keys (
      id text primary key,
      tenant_id uuid not null references tenants (id),
      application_id uuid not null references applications (id),
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      constraint account_keys_form check (id ~ '^[0-9a-f]{8}$')
    );
    create index account_keys_tenant on account_keys (tenant_id);
    comment on table account_keys is 'API keys for Basic authentication.';
    comment on column account_keys.id is 'The api_key: 8 hex characters.';
    comment on column account_keys.tenant_id is 'The one tenant it belongs to.';
    comment on column account_keys.application_id is 'Default application: callback URL and signature secret of Basic callers.';
    comment on column account_keys.created_at is 'When it was made.';
    comment on column account_keys.revoked_at is 'Since when it opens nothing.';

    create table account_key_secrets (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      account_key_id text not null references account_keys (id),
      secret_hash bytea not null,
      created_at timestamptz not null default now(),
      revoked_at timestamptz
    );
    create index account_key_secrets_key on account_key_secrets (account_key_id);
    comment on table account_key_secrets is 'Secrets of an account key; two may live at a time, for rotation.';
    comment on column account_key_secrets.id is 'UUIDv7.';
    comment on column account_key_secrets.tenant_id is 'Whose secret.';
    comment on column account_key_secrets.account_key_id is 'The key it belongs to.';
    comment on column account_key_secrets.secret_hash is 'HMAC-SHA-256 of the secret under the pepper.';
    comment on column account_key_secrets.created_at is 'When it was made.';
    comment on column account_key_secrets.revoked_at is 'Since when it opens nothing.';

    create table access_tokens (
      id uuid primary key,
      tenant_id uuid references tenants (id),
      name text not null,
      token_hash bytea not null,
      permissions text[] not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz
    );
    create unique index access_tokens_hash on access_tokens (token_hash);
    create index access_tokens_tenant on access_tokens (tenant_id);
    comment on table access_tokens is 'Bearer tokens and x-api-key values for the management API.';
    comment on column access_tokens.id is 'UUIDv7.';
    comment on column access_tokens.tenant_id is 'Its tenant; null for a token of the platform.';
    comment on column access_tokens.name is 'Shown to operators.';
    comment on column access_tokens.token_hash is 'HMAC-SHA-256 of the token under the pepper.';
    comment on column access_tokens.permissions is 'What it may do, by name.';
    comment on column access_tokens.created_at is 'When it was made.';
    comment on column access_tokens.expires_at is 'Until when it works; null: no end.';
    comment on column access_tokens.revoked_at is 'Since when it works no more.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table access_tokens;
    drop table account_key_secrets;
    drop table account_keys;
    drop table application_keys;
    drop table applications;
    drop table tenants;
  `);
}
