/**
 * The outbox: what the caller is told, committed with the fact it tells.
 *
 * Rows of the hot path refer to each other, but to no row of configuration: each insert would lock that one row (`for key
 * share`), and every dispatch of a tenant shares it.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table callbacks (
      id uuid primary key,
      tenant_id uuid not null,
      endpoint_id uuid,
      dispatch_id uuid not null references dispatches (id),
      message_id uuid references messages (id),
      event text not null,
      status text not null,
      revision integer not null default 0,
      body text not null,
      state text not null,
      attempts integer not null default 0,
      failures integer not null default 0,
      lease_until timestamptz,
      next_try_at timestamptz,
      last_at timestamptz,
      last_error text,
      last_status integer,
      created_at timestamptz not null default clock_timestamp(),
      committed_xid xid8 not null default pg_current_xact_id(),
      sequence bigint generated always as identity,
      constraint callbacks_event check (event in ('message.status', 'dispatch.final')),
      constraint callbacks_state check (state in ('pending', 'taken', 'exhausted', 'no_url'))
    );
    create index callbacks_dispatch on callbacks (dispatch_id);
    create index callbacks_pending on callbacks (endpoint_id, committed_xid, sequence) where state = 'pending';
    comment on table callbacks is 'Events for the caller, one POST body each.';
    comment on column callbacks.id is 'The webhook-id: UUIDv5 of what it tells, so the same event has the same id for ever.';
    comment on column callbacks.tenant_id is 'Whose callback.';
    comment on column callbacks.endpoint_id is 'Where it is posted; null: the application has no URL.';
    comment on column callbacks.dispatch_id is 'The dispatch it tells about.';
    comment on column callbacks.message_id is 'The message it tells about; null for a final report.';
    comment on column callbacks.event is 'message.status or dispatch.final.';
    comment on column callbacks.status is 'The status it tells.';
    comment on column callbacks.revision is 'Usage revision of a status, revision of a final report.';
    comment on column callbacks.body is 'The exact bytes, UTF-8, the same at every try.';
    comment on column callbacks.state is 'pending, then taken or exhausted; no_url where nobody listens.';
    comment on column callbacks.attempts is 'Posts so far.';
    comment on column callbacks.failures is 'Posts in a row that failed; picks the next gap.';
    comment on column callbacks.lease_until is 'Until when the process that wrote it may be posting it.';
    comment on column callbacks.next_try_at is 'When the callback workflow tries it; null while leased.';
    comment on column callbacks.last_at is 'When it was last posted.';
    comment on column callbacks.last_error is 'What the last post failed with.';
    comment on column callbacks.last_status is 'HTTP status of the last answer.';
    comment on column callbacks.created_at is 'When what it tells was recorded.';
    comment on column callbacks.committed_xid is 'Transaction that wrote it: with sequence, the order of commits.';
    comment on column callbacks.sequence is 'Order within and across transactions.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table callbacks;`);
}
