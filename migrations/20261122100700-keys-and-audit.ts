/** Idempotency keys of callers, and who changed what. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table idempotency_keys (
      tenant_id uuid not null references tenants (id),
      route text not null,
      key text not null,
      body_hash bytea not null,
      dispatch_id uuid not null references dispatches (id),
      answered boolean not null default false,
      locked_until timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, route, key)
    );
    create index idempotency_keys_dispatch on idempotency_keys (dispatch_id);
    create index idempotency_keys_age on idempotency_keys (created_at);
    comment on table idempotency_keys is 'Keys callers sent, each naming the dispatch it made; kept 7 days.';
    comment on column idempotency_keys.tenant_id is 'Scope: the tenant.';
    comment on column idempotency_keys.route is 'Scope: the route.';
    comment on column idempotency_keys.key is 'The Idempotency-Key header.';
    comment on column idempotency_keys.body_hash is 'SHA-256 of the raw body.';
    comment on column idempotency_keys.dispatch_id is 'The dispatch it made.';
    comment on column idempotency_keys.answered is 'Whether 202 was answered for it.';
    comment on column idempotency_keys.locked_until is 'Until when the request that holds it may still answer.';
    comment on column idempotency_keys.created_at is 'When it was first seen.';

    create table audit_log (
      id uuid primary key,
      tenant_id uuid references tenants (id),
      actor text not null,
      action text not null,
      target text not null,
      details jsonb not null default '{}',
      at timestamptz not null default clock_timestamp()
    );
    create index audit_log_tenant on audit_log (tenant_id, at);
    comment on table audit_log is 'Changes of configuration: who, when, what; secrets as "changed".';
    comment on column audit_log.id is 'UUIDv7.';
    comment on column audit_log.tenant_id is 'Whose thing was changed; null: the platform''s.';
    comment on column audit_log.actor is 'Who did it.';
    comment on column audit_log.action is 'What was done, such as token.create.';
    comment on column audit_log.target is 'Id of what was changed.';
    comment on column audit_log.details is 'What changed, without secret values.';
    comment on column audit_log.at is 'When.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table audit_log; drop table idempotency_keys;`);
}
