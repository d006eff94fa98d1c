/**
 * What was asked, what was sent, and each hand-over: dispatches, messages, attempts.
 *
 * Rows of the hot path refer to each other, but to no row of configuration: each insert would lock that one row (`for key
 * share`), and every dispatch of a tenant shares it.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table dispatches (
      id uuid primary key,
      tenant_id uuid not null,
      application_id uuid not null,
      endpoint_id uuid,
      template text not null default 'failover',
      status text not null default 'running',
      cause text,
      position integer not null default -1,
      currency text not null,
      fee text not null,
      href_style text not null,
      corrections boolean not null,
      stop_on_late_success boolean not null,
      revision integer not null default 0,
      created_at timestamptz not null default clock_timestamp(),
      ended_at timestamptz,
      constraint dispatches_status check (status in ('running', 'completed', 'error', 'canceled')),
      constraint dispatches_ended check ((status = 'running') = (ended_at is null)),
      constraint dispatches_cause check (cause in ('condition_met', 'expired', 'send_refused', 'rejected', 'undeliverable',
        'no_account', 'send_outcome_unknown', 'last_step_limit', 'canceled', 'accept_unconfirmed', 'workflow_gone', 'late_success'))
    );
    create index dispatches_tenant on dispatches (tenant_id, created_at);
    create index dispatches_running on dispatches (tenant_id, created_at) where status = 'running';
    comment on table dispatches is 'Accepted requests and their outcome.';
    comment on column dispatches.id is 'The dispatch_uuid (v4); also the Temporal workflow id.';
    comment on column dispatches.tenant_id is 'Whose dispatch.';
    comment on column dispatches.application_id is 'Who asked.';
    comment on column dispatches.endpoint_id is 'Where its callbacks go; null: nowhere.';
    comment on column dispatches.template is 'Always failover.';
    comment on column dispatches.status is 'running, then completed, error or canceled.';
    comment on column dispatches.cause is 'Why it ended.';
    comment on column dispatches.position is 'The step last claimed; -1 until the first claim.';
    comment on column dispatches.currency is 'The application''s at accept.';
    comment on column dispatches.fee is 'The application''s at accept.';
    comment on column dispatches.href_style is 'The application''s at accept.';
    comment on column dispatches.corrections is 'The application''s at accept.';
    comment on column dispatches.stop_on_late_success is 'The application''s at accept.';
    comment on column dispatches.revision is 'Final reports issued so far.';
    comment on column dispatches.created_at is 'When it was accepted.';
    comment on column dispatches.ended_at is 'When it ended.';

    create table messages (
      id uuid primary key,
      tenant_id uuid not null,
      dispatch_id uuid not null references dispatches (id),
      position integer not null,
      channel text not null,
      recipient jsonb,
      sender jsonb,
      content jsonb,
      recipient_key bytea,
      client_ref text,
      account_ids uuid[] not null,
      condition text,
      expiry_seconds integer,
      status text not null default 'planned',
      statuses jsonb not null default '[]',
      error jsonb,
      price text,
      currency text,
      usage_revision integer not null default 0,
      signals integer not null default 0,
      started_at timestamptz,
      accepted_at timestamptz,
      ended_at timestamptz,
      outcome text,
      cause jsonb,
      constraint messages_status check (status in ('planned', 'submitted', 'delivered', 'read', 'rejected', 'undeliverable')),
      constraint messages_condition check (condition in ('delivered', 'read')),
      constraint messages_failover check ((condition is null) = (expiry_seconds is null)),
      constraint messages_outcome check (outcome in ('met', 'failed_over', 'failed', 'canceled', 'left')),
      constraint messages_price check (price ~ '^[0-9]{1,12}([.][0-9]{1,12}){0,1}$')
    );
    create unique index messages_position on messages (dispatch_id, position);
    comment on table messages is 'One per step, made at accept.';
    comment on column messages.id is 'The message_uuid (v4).';
    comment on column messages.tenant_id is 'Whose message.';
    comment on column messages.dispatch_id is 'Its dispatch.';
    comment on column messages.position is 'Its step, from 0.';
    comment on column messages.channel is 'The channel asked for.';
    comment on column messages.recipient is 'To whom: type and number or id. Personal data.';
    comment on column messages.sender is 'From whom: type and number or id.';
    comment on column messages.content is 'Content with the channel''s options. Personal data.';
    comment on column messages.recipient_key is 'HMAC of the recipient under the pepper, to find it for erasure.';
    comment on column messages.client_ref is 'The caller''s own reference, echoed in statuses.';
    comment on column messages.account_ids is 'Accounts planned at accept, in order.';
    comment on column messages.condition is 'Status it must reach; null on the last step.';
    comment on column messages.expiry_seconds is 'How long that may take; null on the last step.';
    comment on column messages.status is 'planned, then the highest of the five statuses.';
    comment on column messages.statuses is 'Each status it took, with its time, in order.';
    comment on column messages.error is 'Class, code and reason of its failure.';
    comment on column messages.price is 'Price as decimal text; null: not priced.';
    comment on column messages.currency is 'ISO 4217 of the price.';
    comment on column messages.usage_revision is 'Counts changes of the price after a status was told.';
    comment on column messages.signals is 'Signals its receipts have cost the workflow.';
    comment on column messages.started_at is 'When its step began.';
    comment on column messages.accepted_at is 'When a provider accepted it.';
    comment on column messages.ended_at is 'When its step ended.';
    comment on column messages.outcome is 'How its step ended.';
    comment on column messages.cause is 'Why its step ended.';

    create table attempts (
      id uuid primary key,
      tenant_id uuid not null,
      message_id uuid not null references messages (id),
      account_id uuid not null,
      number integer not null,
      state text not null,
      lease_until timestamptz not null,
      message_ref text,
      error jsonb,
      resolution text,
      possible_duplicate boolean not null default false,
      retry_at timestamptz,
      claimed_at timestamptz not null default clock_timestamp(),
      ended_at timestamptz,
      constraint attempts_state check (state in ('claimed', 'accepted', 'refused', 'not_sent', 'unknown', 'superseded')),
      constraint attempts_resolution check (resolution in ('resent', 'found', 'receipt'))
    );
    create unique index attempts_open on attempts (message_id) where state in ('claimed', 'accepted', 'unknown');
    create unique index attempts_number on attempts (message_id, number);
    create index attempts_message_ref on attempts (account_id, message_ref) where message_ref is not null;
    create index attempts_claimed on attempts (lease_until) where state = 'claimed';
    comment on table attempts is 'Each try to hand one message to one account.';
    comment on column attempts.id is 'UUIDv7.';
    comment on column attempts.tenant_id is 'Whose attempt.';
    comment on column attempts.message_id is 'The message.';
    comment on column attempts.account_id is 'The account it goes through.';
    comment on column attempts.number is 'Counts from 1 per message.';
    comment on column attempts.state is 'claimed, then accepted, refused, not_sent or unknown; unknown, then accepted or superseded.';
    comment on column attempts.lease_until is 'Until when its holder may write to the provider and record the result.';
    comment on column attempts.message_ref is 'The provider''s id of the message.';
    comment on column attempts.error is 'Class, code and reason of the failure.';
    comment on column attempts.resolution is 'How an unknown outcome was closed.';
    comment on column attempts.possible_duplicate is 'Whether an earlier attempt may have reached the recipient too.';
    comment on column attempts.retry_at is 'When its account may be asked again; null: at once or never.';
    comment on column attempts.claimed_at is 'When the permit was taken.';
    comment on column attempts.ended_at is 'When its result was known.';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table attempts; drop table messages; drop table dispatches;`);
}
