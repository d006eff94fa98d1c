/** Where an application takes callbacks. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table endpoints (
      id uuid primary key,
      tenant_id uuid not null references tenants (id),
      application_id uuid not null references applications (id),
      url text not null,
      is_status boolean not null default true,
      state text not null default 'active',
      down boolean not null default false,
      failures integer not null default 0,
      wakes_at timestamptz,
      created_at timestamptz not null default now(),
      constraint endpoints_state check (state in ('active', 'disabled'))
    );
    create unique index endpoints_url on endpoints (application_id, url);
    create unique index endpoints_status on endpoints (application_id) where is_status;
    create index endpoints_wakes on endpoints (wakes_at) where wakes_at is not null;
    comment on table endpoints is 'URLs of an application that take callbacks.';
    comment on column endpoints.id is 'UUIDv7; its callback workflow is callbacks:{id}.';
    comment on column endpoints.tenant_id is 'Whose endpoint.';
    comment on column endpoints.application_id is 'The application.';
    comment on column endpoints.url is 'Where callbacks are posted.';
    comment on column endpoints.is_status is 'Whether it is the application''s current status URL.';
    comment on column endpoints.state is 'active, or disabled after a 410 where the application says so.';
    comment on column endpoints.down is 'Whether three posts in a row failed by the endpoint''s own fault; then only probes go out.';
    comment on column endpoints.failures is 'Failures in a row by the endpoint''s own fault.';
    comment on column endpoints.wakes_at is 'When its callback workflow wakes next; null: no workflow lives.';
    comment on column endpoints.created_at is 'When it was made.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table endpoints;`);
}
