-- The schema after all migrations. Written by: UPDATE_SCHEMA=1 npx jest test/migrations/schema

create table access_tokens (
  id uuid not null,
  tenant_id uuid,
  name text not null,
  token_hash bytea not null,
  permissions text[] not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint access_tokens_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX access_tokens_hash ON public.access_tokens USING btree (token_hash);
CREATE INDEX access_tokens_tenant ON public.access_tokens USING btree (tenant_id);
comment on table access_tokens is 'Bearer tokens and x-api-key values for the management API.';
comment on column access_tokens.id is 'UUIDv7.';
comment on column access_tokens.tenant_id is 'Its tenant; null for a token of the platform.';
comment on column access_tokens.name is 'Shown to operators.';
comment on column access_tokens.token_hash is 'HMAC-SHA-256 of the token under the pepper.';
comment on column access_tokens.permissions is 'What it may do, by name.';
comment on column access_tokens.created_at is 'When it was made.';
comment on column access_tokens.expires_at is 'Until when it works; null: no end.';
comment on column access_tokens.revoked_at is 'Since when it works no more.';

create table account_key_secrets (
  id uuid not null,
  tenant_id uuid not null,
  account_key_id text not null,
  secret_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  revoked_at timestamp with time zone,
  constraint account_key_secrets_pkey PRIMARY KEY (id)
);
CREATE INDEX account_key_secrets_key ON public.account_key_secrets USING btree (account_key_id);
comment on table account_key_secrets is 'Secrets of an account key; two may live at a time, for rotation.';
comment on column account_key_secrets.id is 'UUIDv7.';
comment on column account_key_secrets.tenant_id is 'Whose secret.';
comment on column account_key_secrets.account_key_id is 'The key it belongs to.';
comment on column account_key_secrets.secret_hash is 'HMAC-SHA-256 of the secret under the pepper.';
comment on column account_key_secrets.created_at is 'When it was made.';
comment on column account_key_secrets.revoked_at is 'Since when it opens nothing.';

create table account_keys (
  id text not null,
  tenant_id uuid not null,
  application_id uuid not null,
  created_at timestamp with time zone not null default now(),
  revoked_at timestamp with time zone,
  constraint account_keys_form CHECK ((id ~ '^[0-9a-f]{8}$'::text)),
  constraint account_keys_pkey PRIMARY KEY (id)
);
CREATE INDEX account_keys_tenant ON public.account_keys USING btree (tenant_id);
comment on table account_keys is 'API keys for Basic authentication.';
comment on column account_keys.id is 'The api_key: 8 hex characters.';
comment on column account_keys.tenant_id is 'The one tenant it belongs to.';
comment on column account_keys.application_id is 'Default application: callback URL and signature secret of Basic callers.';
comment on column account_keys.created_at is 'When it was made.';
comment on column account_keys.revoked_at is 'Since when it opens nothing.';

create table application_keys (
  id uuid not null,
  tenant_id uuid not null,
  application_id uuid not null,
  kid text,
  public_key text not null,
  created_at timestamp with time zone not null default now(),
  revoked_at timestamp with time zone,
  constraint application_keys_pkey PRIMARY KEY (id)
);
CREATE INDEX application_keys_application ON public.application_keys USING btree (application_id);
comment on table application_keys is 'Public keys that verify an application''s JWTs; at most two live ones.';
comment on column application_keys.id is 'UUIDv7.';
comment on column application_keys.tenant_id is 'Whose key.';
comment on column application_keys.application_id is 'The application it speaks for.';
comment on column application_keys.kid is 'Optional name a JWT header may pick it by.';
comment on column application_keys.public_key is 'SPKI PEM, RSA of at least 2048 bit.';
comment on column application_keys.created_at is 'When it was added.';
comment on column application_keys.revoked_at is 'Since when it verifies nothing.';

create table applications (
  id uuid not null,
  tenant_id uuid not null,
  name text not null,
  currency text not null default 'EUR'::text,
  fee text not null default '0'::text,
  href_style text not null default 'spec'::text,
  corrections boolean not null default false,
  stop_on_late_success boolean not null default false,
  disable_on_gone boolean not null default false,
  created_at timestamp with time zone not null default now(),
  revoked_at timestamp with time zone,
  constraint applications_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint applications_fee_decimal CHECK ((fee ~ '^[0-9]{1,12}([.][0-9]{1,12}){0,1}$'::text)),
  constraint applications_href_style CHECK ((href_style = ANY (ARRAY['spec'::text, 'wire'::text]))),
  constraint applications_pkey PRIMARY KEY (id)
);
CREATE INDEX applications_tenant ON public.applications USING btree (tenant_id);
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

create table attempts (
  id uuid not null,
  tenant_id uuid not null,
  message_id uuid not null,
  account_id uuid not null,
  number integer not null,
  state text not null,
  lease_until timestamp with time zone not null,
  message_ref text,
  error jsonb,
  resolution text,
  possible_duplicate boolean not null default false,
  retry_at timestamp with time zone,
  claimed_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint attempts_pkey PRIMARY KEY (id),
  constraint attempts_resolution CHECK ((resolution = ANY (ARRAY['resent'::text, 'found'::text, 'receipt'::text]))),
  constraint attempts_state CHECK ((state = ANY (ARRAY['claimed'::text, 'accepted'::text, 'refused'::text, 'not_sent'::text, 'unknown'::text, 'superseded'::text])))
);
CREATE INDEX attempts_claimed ON public.attempts USING btree (lease_until) WHERE (state = 'claimed'::text);
CREATE INDEX attempts_message_ref ON public.attempts USING btree (account_id, message_ref) WHERE (message_ref IS NOT NULL);
CREATE UNIQUE INDEX attempts_number ON public.attempts USING btree (message_id, number);
CREATE UNIQUE INDEX attempts_open ON public.attempts USING btree (message_id) WHERE (state = ANY (ARRAY['claimed'::text, 'accepted'::text, 'unknown'::text]));
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

create table audit_log (
  id uuid not null,
  tenant_id uuid,
  actor text not null,
  action text not null,
  target text not null,
  details jsonb not null default '{}'::jsonb,
  at timestamp with time zone not null default clock_timestamp(),
  constraint audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_tenant ON public.audit_log USING btree (tenant_id, at);
comment on table audit_log is 'Changes of configuration: who, when, what; secrets as "changed".';
comment on column audit_log.id is 'UUIDv7.';
comment on column audit_log.tenant_id is 'Whose thing was changed; null: the platform''s.';
comment on column audit_log.actor is 'Who did it.';
comment on column audit_log.action is 'What was done, such as token.create.';
comment on column audit_log.target is 'Id of what was changed.';
comment on column audit_log.details is 'What changed, without secret values.';
comment on column audit_log.at is 'When.';

create table callbacks (
  id uuid not null,
  tenant_id uuid not null,
  endpoint_id uuid,
  dispatch_id uuid not null,
  message_id uuid,
  event text not null,
  status text not null,
  revision integer not null default 0,
  body text not null,
  state text not null,
  attempts integer not null default 0,
  failures integer not null default 0,
  lease_until timestamp with time zone,
  next_try_at timestamp with time zone,
  last_at timestamp with time zone,
  last_error text,
  last_status integer,
  created_at timestamp with time zone not null default clock_timestamp(),
  committed_xid xid8 not null default pg_current_xact_id(),
  sequence bigint generated always as identity not null,
  constraint callbacks_event CHECK ((event = ANY (ARRAY['message.status'::text, 'dispatch.final'::text]))),
  constraint callbacks_pkey PRIMARY KEY (id),
  constraint callbacks_state CHECK ((state = ANY (ARRAY['pending'::text, 'taken'::text, 'exhausted'::text, 'no_url'::text])))
);
CREATE INDEX callbacks_dispatch ON public.callbacks USING btree (dispatch_id);
CREATE INDEX callbacks_pending ON public.callbacks USING btree (endpoint_id, committed_xid, sequence) WHERE (state = 'pending'::text);
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

create table channel_definitions (
  id uuid not null,
  dispatch_provider_id uuid not null,
  tenant_id uuid,
  channel text not null,
  version integer not null default 1,
  state text not null default 'draft'::text,
  credential_schema jsonb not null default '[]'::jsonb,
  settings_schema jsonb not null default '[]'::jsonb,
  capabilities jsonb not null default '{}'::jsonb,
  auth jsonb,
  send jsonb,
  receipt jsonb,
  probe jsonb,
  examples jsonb,
  revision integer not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint channel_definitions_channel_form CHECK ((channel ~ '^[A-Za-z][A-Za-z0-9_]{1,49}$'::text)),
  constraint channel_definitions_pkey PRIMARY KEY (id),
  constraint channel_definitions_state CHECK ((state = ANY (ARRAY['draft'::text, 'current'::text, 'deprecated'::text])))
);
CREATE UNIQUE INDEX channel_definitions_current ON public.channel_definitions USING btree (dispatch_provider_id, channel) WHERE (state = 'current'::text);
CREATE UNIQUE INDEX channel_definitions_version ON public.channel_definitions USING btree (dispatch_provider_id, channel, version);
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

create table data_keys (
  id uuid not null,
  tenant_id uuid not null,
  master_key_id text not null,
  wrapped bytea not null,
  state text not null default 'live'::text,
  created_at timestamp with time zone not null default now(),
  constraint data_keys_pkey PRIMARY KEY (id),
  constraint data_keys_state CHECK ((state = ANY (ARRAY['live'::text, 'retired'::text])))
);
CREATE UNIQUE INDEX data_keys_live ON public.data_keys USING btree (tenant_id) WHERE (state = 'live'::text);
comment on table data_keys is 'Data keys, each wrapped by a master key of SECRETS_KEYS.';
comment on column data_keys.id is 'UUIDv7; sealed values carry it.';
comment on column data_keys.tenant_id is 'Whose values it seals.';
comment on column data_keys.master_key_id is 'Name of the wrapping master key.';
comment on column data_keys.wrapped is 'Nonce, ciphertext and tag of the 32-byte key.';
comment on column data_keys.state is 'live seals and opens, retired only opens.';
comment on column data_keys.created_at is 'When it was made.';

create table dispatch_configs (
  id uuid not null,
  tenant_id uuid not null,
  dispatch_provider_id uuid not null,
  channel_definition_id uuid not null,
  channel text not null,
  label text not null default ''::text,
  base_url text,
  settings jsonb not null default '{}'::jsonb,
  senders text[] not null default '{}'::text[],
  priority integer not null default 100,
  weight integer not null default 1,
  is_active boolean not null default true,
  on_unknown text not null default 'wait'::text,
  timeout_ms integer not null default 10000,
  rate_limit jsonb,
  price_table jsonb,
  state text not null default 'unverified'::text,
  state_reason text,
  state_at timestamp with time zone,
  receipt_token_hash bytea not null,
  revision integer not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint dispatch_configs_on_unknown CHECK ((on_unknown = ANY (ARRAY['wait'::text, 'fail_over'::text, 'resend'::text]))),
  constraint dispatch_configs_pkey PRIMARY KEY (id),
  constraint dispatch_configs_state CHECK ((state = ANY (ARRAY['unverified'::text, 'ok'::text, 'failing'::text, 'disabled'::text]))),
  constraint dispatch_configs_timeout CHECK (((timeout_ms >= 1000) AND (timeout_ms <= 60000)))
);
CREATE INDEX dispatch_configs_plan ON public.dispatch_configs USING btree (tenant_id, channel);
CREATE INDEX dispatch_configs_provider ON public.dispatch_configs USING btree (dispatch_provider_id);
CREATE UNIQUE INDEX dispatch_configs_receipt_token ON public.dispatch_configs USING btree (receipt_token_hash);
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

create table dispatch_providers (
  id uuid not null,
  tenant_id uuid,
  code text not null,
  name text not null,
  protocol_type text not null,
  base_url text,
  is_active boolean not null default true,
  revision integer not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint dispatch_providers_code_form CHECK ((code ~ '^[A-Z0-9_]{2,50}$'::text)),
  constraint dispatch_providers_pkey PRIMARY KEY (id),
  constraint dispatch_providers_protocol CHECK ((protocol_type = ANY (ARRAY['REST'::text, 'WEBHOOK'::text, 'EMAIL'::text, 'SMS'::text, 'WSP'::text])))
);
CREATE UNIQUE INDEX dispatch_providers_code ON public.dispatch_providers USING btree (code, COALESCE(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid));
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

create table dispatches (
  id uuid not null,
  tenant_id uuid not null,
  application_id uuid not null,
  endpoint_id uuid,
  template text not null default 'failover'::text,
  status text not null default 'running'::text,
  cause text,
  "position" integer not null default '-1'::integer,
  currency text not null,
  fee text not null,
  href_style text not null,
  corrections boolean not null,
  stop_on_late_success boolean not null,
  revision integer not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint dispatches_cause CHECK ((cause = ANY (ARRAY['condition_met'::text, 'expired'::text, 'send_refused'::text, 'rejected'::text, 'undeliverable'::text, 'no_account'::text, 'send_outcome_unknown'::text, 'last_step_limit'::text, 'canceled'::text, 'accept_unconfirmed'::text, 'workflow_gone'::text, 'late_success'::text]))),
  constraint dispatches_ended CHECK (((status = 'running'::text) = (ended_at IS NULL))),
  constraint dispatches_pkey PRIMARY KEY (id),
  constraint dispatches_status CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'error'::text, 'canceled'::text])))
);
CREATE INDEX dispatches_running ON public.dispatches USING btree (tenant_id, created_at) WHERE (status = 'running'::text);
CREATE INDEX dispatches_tenant ON public.dispatches USING btree (tenant_id, created_at);
comment on table dispatches is 'Accepted requests and their outcome.';
comment on column dispatches.id is 'The dispatch_uuid (v4); also the Temporal workflow id.';
comment on column dispatches.tenant_id is 'Whose dispatch.';
comment on column dispatches.application_id is 'Who asked.';
comment on column dispatches.endpoint_id is 'Where its callbacks go; null: nowhere.';
comment on column dispatches.template is 'Always failover.';
comment on column dispatches.status is 'running, then completed, error or canceled.';
comment on column dispatches.cause is 'Why it ended.';
comment on column dispatches."position" is 'The step last claimed; -1 until the first claim.';
comment on column dispatches.currency is 'The application''s at accept.';
comment on column dispatches.fee is 'The application''s at accept.';
comment on column dispatches.href_style is 'The application''s at accept.';
comment on column dispatches.corrections is 'The application''s at accept.';
comment on column dispatches.stop_on_late_success is 'The application''s at accept.';
comment on column dispatches.revision is 'Final reports issued so far.';
comment on column dispatches.created_at is 'When it was accepted.';
comment on column dispatches.ended_at is 'When it ended.';

create table endpoints (
  id uuid not null,
  tenant_id uuid not null,
  application_id uuid not null,
  url text not null,
  is_status boolean not null default true,
  state text not null default 'active'::text,
  down boolean not null default false,
  failures integer not null default 0,
  wakes_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint endpoints_pkey PRIMARY KEY (id),
  constraint endpoints_state CHECK ((state = ANY (ARRAY['active'::text, 'disabled'::text])))
);
CREATE UNIQUE INDEX endpoints_status ON public.endpoints USING btree (application_id) WHERE is_status;
CREATE UNIQUE INDEX endpoints_url ON public.endpoints USING btree (application_id, url);
CREATE INDEX endpoints_wakes ON public.endpoints USING btree (wakes_at) WHERE (wakes_at IS NOT NULL);
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

create table idempotency_keys (
  tenant_id uuid not null,
  route text not null,
  key text not null,
  body_hash bytea not null,
  dispatch_id uuid not null,
  answered boolean not null default false,
  locked_until timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, route, key)
);
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);
CREATE INDEX idempotency_keys_dispatch ON public.idempotency_keys USING btree (dispatch_id);
comment on table idempotency_keys is 'Keys callers sent, each naming the dispatch it made; kept 7 days.';
comment on column idempotency_keys.tenant_id is 'Scope: the tenant.';
comment on column idempotency_keys.route is 'Scope: the route.';
comment on column idempotency_keys.key is 'The Idempotency-Key header.';
comment on column idempotency_keys.body_hash is 'SHA-256 of the raw body.';
comment on column idempotency_keys.dispatch_id is 'The dispatch it made.';
comment on column idempotency_keys.answered is 'Whether 202 was answered for it.';
comment on column idempotency_keys.locked_until is 'Until when the request that holds it may still answer.';
comment on column idempotency_keys.created_at is 'When it was first seen.';

create table messages (
  id uuid not null,
  tenant_id uuid not null,
  dispatch_id uuid not null,
  "position" integer not null,
  channel text not null,
  recipient jsonb,
  sender jsonb,
  content jsonb,
  recipient_key bytea,
  client_ref text,
  account_ids uuid[] not null,
  "condition" text,
  expiry_seconds integer,
  status text not null default 'planned'::text,
  statuses jsonb not null default '[]'::jsonb,
  error jsonb,
  price text,
  currency text,
  usage_revision integer not null default 0,
  signals integer not null default 0,
  started_at timestamp with time zone,
  accepted_at timestamp with time zone,
  ended_at timestamp with time zone,
  outcome text,
  cause jsonb,
  constraint messages_condition CHECK ((condition = ANY (ARRAY['delivered'::text, 'read'::text]))),
  constraint messages_failover CHECK (((condition IS NULL) = (expiry_seconds IS NULL))),
  constraint messages_outcome CHECK ((outcome = ANY (ARRAY['met'::text, 'failed_over'::text, 'failed'::text, 'canceled'::text, 'left'::text]))),
  constraint messages_pkey PRIMARY KEY (id),
  constraint messages_price CHECK ((price ~ '^[0-9]{1,12}([.][0-9]{1,12}){0,1}$'::text)),
  constraint messages_status CHECK ((status = ANY (ARRAY['planned'::text, 'submitted'::text, 'delivered'::text, 'read'::text, 'rejected'::text, 'undeliverable'::text])))
);
CREATE UNIQUE INDEX messages_position ON public.messages USING btree (dispatch_id, "position");
comment on table messages is 'One per step, made at accept.';
comment on column messages.id is 'The message_uuid (v4).';
comment on column messages.tenant_id is 'Whose message.';
comment on column messages.dispatch_id is 'Its dispatch.';
comment on column messages."position" is 'Its step, from 0.';
comment on column messages.channel is 'The channel asked for.';
comment on column messages.recipient is 'To whom: type and number or id. Personal data.';
comment on column messages.sender is 'From whom: type and number or id.';
comment on column messages.content is 'Content with the channel''s options. Personal data.';
comment on column messages.recipient_key is 'HMAC of the recipient under the pepper, to find it for erasure.';
comment on column messages.client_ref is 'The caller''s own reference, echoed in statuses.';
comment on column messages.account_ids is 'Accounts planned at accept, in order.';
comment on column messages."condition" is 'Status it must reach; null on the last step.';
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

create table receipts (
  id uuid not null,
  tenant_id uuid not null,
  account_id uuid not null,
  dedupe_key text not null,
  dispatch_id uuid,
  message_id uuid,
  message_ref text,
  client_ref text,
  status text,
  occurred_at timestamp with time zone,
  error jsonb,
  price text,
  currency text,
  raw bytea,
  state text not null,
  reason text,
  tries integer not null default 0,
  next_try_at timestamp with time zone,
  received_at timestamp with time zone not null default clock_timestamp(),
  constraint receipts_pkey PRIMARY KEY (id),
  constraint receipts_state CHECK ((state = ANY (ARRAY['pending'::text, 'applied'::text, 'repeated'::text, 'late'::text, 'unmatched'::text, 'quarantined'::text]))),
  constraint receipts_status CHECK ((status = ANY (ARRAY['submitted'::text, 'delivered'::text, 'read'::text, 'rejected'::text, 'undeliverable'::text])))
);
CREATE UNIQUE INDEX receipts_dedupe ON public.receipts USING btree (account_id, dedupe_key);
CREATE INDEX receipts_due ON public.receipts USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);
CREATE INDEX receipts_message ON public.receipts USING btree (message_id);
CREATE INDEX receipts_unmatched_ref ON public.receipts USING btree (account_id, message_ref) WHERE (state = 'unmatched'::text);
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

create table schema_migrations (
  name text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint schema_migrations_pkey PRIMARY KEY (name)
);
comment on table schema_migrations is 'Migrations this database has seen.';
comment on column schema_migrations.name is 'Name in the list of migrations.';
comment on column schema_migrations.applied_at is 'When it was applied.';

create table secrets (
  id uuid not null,
  tenant_id uuid not null,
  owner_kind text not null,
  owner_id text not null,
  field text not null,
  place text[] not null,
  sealed bytea not null,
  state text not null default 'live'::text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint secrets_owner_kind CHECK ((owner_kind = ANY (ARRAY['account'::text, 'application'::text, 'platform'::text]))),
  constraint secrets_pkey PRIMARY KEY (id),
  constraint secrets_state CHECK ((state = ANY (ARRAY['live'::text, 'retired'::text])))
);
CREATE INDEX secrets_owner ON public.secrets USING btree (owner_kind, owner_id, field);
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

create table tenants (
  id uuid not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint tenants_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint tenants_pkey PRIMARY KEY (id)
);
comment on table tenants is 'Whose data it is. One row is the platform itself: it owns defaults and the pepper.';
comment on column tenants.id is 'UUIDv7 made by the application; the platform row has a fixed id.';
comment on column tenants.name is 'Shown to operators.';
comment on column tenants.created_at is 'When the tenant was made.';

alter table access_tokens add constraint access_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table account_key_secrets add constraint account_key_secrets_account_key_id_fkey FOREIGN KEY (account_key_id) REFERENCES account_keys(id);
alter table account_key_secrets add constraint account_key_secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table account_keys add constraint account_keys_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id);
alter table account_keys add constraint account_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table application_keys add constraint application_keys_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id);
alter table application_keys add constraint application_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table applications add constraint applications_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table attempts add constraint attempts_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id);
alter table audit_log add constraint audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table callbacks add constraint callbacks_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES dispatches(id);
alter table callbacks add constraint callbacks_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id);
alter table channel_definitions add constraint channel_definitions_dispatch_provider_id_fkey FOREIGN KEY (dispatch_provider_id) REFERENCES dispatch_providers(id);
alter table channel_definitions add constraint channel_definitions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table data_keys add constraint data_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table dispatch_configs add constraint dispatch_configs_channel_definition_id_fkey FOREIGN KEY (channel_definition_id) REFERENCES channel_definitions(id);
alter table dispatch_configs add constraint dispatch_configs_dispatch_provider_id_fkey FOREIGN KEY (dispatch_provider_id) REFERENCES dispatch_providers(id);
alter table dispatch_configs add constraint dispatch_configs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table dispatch_providers add constraint dispatch_providers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table endpoints add constraint endpoints_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id);
alter table endpoints add constraint endpoints_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table idempotency_keys add constraint idempotency_keys_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES dispatches(id);
alter table idempotency_keys add constraint idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
alter table messages add constraint messages_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES dispatches(id);
alter table receipts add constraint receipts_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES dispatches(id);
alter table receipts add constraint receipts_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id);
alter table secrets add constraint secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);
