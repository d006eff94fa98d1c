/** Every closed list and limit of the product. The wire, the tables and the rules derive from here. */

/** What a caller may ask a message to reach before the next step starts (contract 4, `condition_status`). */
export const CONDITIONS = ['delivered', 'read'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Seconds a condition may take: the limits of `expiry_time` (contract 4). */
export const EXPIRY_SECONDS = { min: 15, max: 86_400 } as const;

/**
 * The five statuses a message reports. `submitted`: a provider accepted it. `delivered`, `read`: its receipts said so.
 * `rejected`: refused by us or a provider, or never handed over. `undeliverable`: accepted, then given up by a provider.
 */
export const MESSAGE_STATUSES = [
  'submitted',
  'delivered',
  'read',
  'rejected',
  'undeliverable',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** The five channels of Vonage Dispatch; a channel definition may name any other ({@link CHANNEL_NAME}). */
export const VONAGE_CHANNELS = [
  'sms',
  'mms',
  'whatsapp',
  'messenger',
  'viber_service_msg',
] as const;
export type VonageChannel = (typeof VONAGE_CHANNELS)[number];
export type Channel = string;
/** How a channel is spelled. */
export const CHANNEL_NAME = /^[A-Za-z][A-Za-z0-9_]{1,49}$/;

/**
 * A dispatch is `running` from its accept until one of its ends: `completed` (the condition was met), `error` (no step
 * reached a person), `canceled` (somebody stopped it, or its accept was never confirmed).
 */
export const DISPATCH_STATUSES = ['running', 'completed', 'error', 'canceled'] as const;
export type DispatchStatus = (typeof DISPATCH_STATUSES)[number];
export type EndStatus = Exclude<DispatchStatus, 'running'>;

/** Why a step or a dispatch moved: one closed list, stored with the transition and shown by GET. */
export const CAUSES = [
  'condition_met',
  'expired',
  'send_refused',
  'rejected',
  'undeliverable',
  'no_account',
  'send_outcome_unknown',
  'last_step_limit',
  'canceled',
  'accept_unconfirmed',
  'workflow_gone',
  'late_success',
] as const;
export type CauseKind = (typeof CAUSES)[number];

/** How a step ended. */
export const STEP_OUTCOMES = ['met', 'failed_over', 'failed', 'canceled', 'left'] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

/** One hand-over's states, moved as `store/attempts.ts` says. */
export const ATTEMPT_STATES = [
  'claimed',
  'accepted',
  'refused',
  'not_sent',
  'unknown',
  'superseded',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];
/** How an unknown outcome was closed. */
export const RESOLUTIONS = ['resent', 'found', 'receipt'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What an account wants done when nobody knows whether the provider took the message. Default `wait`. */
export const UNKNOWN_POLICIES = ['wait', 'fail_over', 'resend'] as const;
export type UnknownPolicy = (typeof UNKNOWN_POLICIES)[number];
/** Most hand-overs of one message under the policy `resend`. */
export const MAX_RESENDS = 3;

/** Whether sending the same message id twice reaches the recipient once. Default `none`. */
export const IDEMPOTENCY = ['native', 'lookup', 'none'] as const;
export type Idempotency = (typeof IDEMPOTENCY)[number];

/** Classes that say: this message cannot go out on this step. The next *step* is next. */
export const STEP_ERROR_CLASSES = [
  'recipient_invalid',
  'recipient_blocked',
  'content_rejected',
  'unsupported',
  'expired',
  'other',
] as const;
/** Classes that say: this account cannot send now. The next *account* is next. */
export const ACCOUNT_ERROR_CLASSES = ['auth', 'quota', 'rate_limited', 'outage'] as const;
export const ERROR_CLASSES = [...STEP_ERROR_CLASSES, ...ACCOUNT_ERROR_CLASSES] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** Inbound reports: `pending` until its dispatch knows; then how it ended. */
export const RECEIPT_STATES = [
  'pending',
  'applied',
  'repeated',
  'late',
  'unmatched',
  'quarantined',
] as const;
export type ReceiptState = (typeof RECEIPT_STATES)[number];

/** Callbacks: `pending` until taken (2xx) or `exhausted` (schedule over); `no_url`: nobody to post to. */
export const CALLBACK_STATES = ['pending', 'taken', 'exhausted', 'no_url'] as const;
export type CallbackState = (typeof CALLBACK_STATES)[number];
export const CALLBACK_EVENTS = ['message.status', 'dispatch.final'] as const;
export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

export const PROTOCOL_TYPES = ['REST', 'WEBHOOK', 'EMAIL', 'SMS', 'WSP'] as const;
export type ProtocolType = (typeof PROTOCOL_TYPES)[number];

/** Life of a channel definition: only `current` takes new accounts. */
export const DEFINITION_STATES = ['draft', 'current', 'deprecated'] as const;
export type DefinitionState = (typeof DEFINITION_STATES)[number];
/** Life of an account's credentials as its probe and sends see them. `disabled` is never used. */
export const ACCOUNT_STATES = ['unverified', 'ok', 'failing', 'disabled'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

export const PERMISSIONS = [
  'SEND_DISPATCH',
  'CONTROL_DISPATCH',
  'VIEW_ACTIVITIES',
  'MANAGE_ACTIVITY_CONFIG',
  'MANAGE_CREDENTIALS',
  'MANAGE_PLATFORM',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Types a field of a credential or settings schema may have (contract 10.6). */
export const FIELD_TYPES = [
  'text',
  'password',
  'number',
  'boolean',
  'select',
  'multiselect',
  'url',
  'email',
  'phone',
  'textarea',
  'json',
  'key_value',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Longest `client_ref` (contract 9.35), in characters. */
export const CLIENT_REF_MAX = 40;
/** Signals one message may cost its workflow at most (security I7). */
export const MAX_SIGNALS_PER_MESSAGE = 20;
