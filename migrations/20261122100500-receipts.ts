/**
 * The inbox: what providers report, kept before it is acknowledged.
 *
 * Rows of the hot path refer to each other, but to no row of configuration: each insert would lock that one row (`for key
 * share`), and every dispatch of a tenant shares it.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table receipts (
      id uuid primary key,
      tenant_id uuid not null,
      account_id uuid not null,
      dedupe_key text not null,
      dispatch_id uuid references dispatches (id),
      message_id uuid references messages (id),
      message_ref text,
      client_ref text,
      status text,
      occurred_at timestamptz,
      error jsonb,
      price text,
      currency text,
      raw bytea,
      state text not null,
      reason text,
      tries integer not null default 0,
      next_try_at timestamptz,
      received_at timestamptz not null default clock_timestamp(),
      constraint receipts_status check (status in ('submitted', 'delivered', 'read', 'rejected', 'undeliverable')),
      constraint receipts_state check (state in ('pending', 'applied', 'repeated', 'late', 'unmatched', 'quarantined'))
    );
    create unique index receipts_dedupe on receipts (account_id, dedupe_key);
    create index receipts_message on receipts (message_id);
    create index receipts_due on receipts (next_try_at) where next_try_at is not null;
    create index receipts_unmatched_ref on receipts (account_id, message_ref) where state = 'unmatched';
    comment on table receipts is 'Inbound reports about messages.';
    comment on column receipts.id is 'UUIDv7.';
    comment on column receipts.tenant_id is 'Whose message it tells about; until matched, the account''s tenant.';
    comment on column receipts.account_id is 'The account whose receipt URL heard it.';
    comment on column receipts.dedupe_key is 'The provider''s event id, else a hash of message, status and time.';
    comment on column receipts.dispatch_id is 'The dispatch, once matched.';
    comment on column receipts.message_id is 'The message, once matched.';
    comment on column receipts.message_ref is 'The provider''s id of the message.';
    comment on column receipts.client_ref is 'Our message id as the provider echoed it.';
    comment on column receipts.status is 'The status it reports; null while quarantined.';
    comment on column receipts.occurred_at is 'When it happened, by the provider.';
    comment on column receipts.error is 'Class, code and reason it reports.';
    comment on column receipts.price is 'Price it reports, decimal text.';
    comment on column receipts.currency is 'ISO 4217 of the price.';
    comment on column receipts.raw is 'The request body, sealed.';
    comment on column receipts.state is 'pending (its dispatch is to be told), then how it ended.';
    comment on column receipts.reason is 'Why it is quarantined or unmatched.';
    comment on column receipts.tries is 'How often it was forwarded or matched in vain.';
    comment on column receipts.next_try_at is 'When that is tried again; null: never.';
    comment on column receipts.received_at is 'When it came in.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table receipts;`);
}
