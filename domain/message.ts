import type { Channel, ErrorClass, MessageStatus } from './vocabulary';

/** A sender or recipient as the caller gave it: only what was used. */
export interface Party {
  readonly type: Channel;
  readonly id?: string;
  readonly number?: string;
}

/**
 * What is said: the caller's `message.content` with the channel's options beside it
 * (`viber_service_msg`, `messenger`, `whatsapp`), in Vonage's spelling.
 */
export type Content = Readonly<Record<string, unknown>> & { readonly type: string };

/** Why a message failed: our class, Vonage's code (contract 3, 1030 when unknown) and a reason a person can read. */
export interface MessageError {
  readonly class: ErrorClass;
  readonly code: number;
  readonly reason: string;
}

/** What something cost: decimal text and ISO 4217 currency. */
export interface Usage {
  readonly price: string;
  readonly currency: string;
}

/** What one receipt says about one message, normalised. `occurredAt` is ISO 8601. */
export interface StatusUpdate {
  /** The provider's id of the message. */
  readonly messageRef?: string;
  /** Our message id, where the provider echoes it. */
  readonly clientRef?: string;
  /** The provider's id of this event, where it has one: the best dedupe key. */
  readonly eventId?: string;
  readonly status: MessageStatus;
  readonly occurredAt?: string;
  readonly usage?: Usage;
  readonly error?: MessageError;
}

/** How far a status has come: statuses only ever rise (contract 9.13, security 3.1). */
const RANK: Readonly<Record<MessageStatus | 'planned', number>> = {
  planned: 0,
  submitted: 1,
  rejected: 2,
  undeliverable: 2,
  delivered: 3,
  read: 4,
};

/** Whether `next` says more than `known`. Equal ranks say nothing new: the first of two failures stays. */
export function isProgress(known: MessageStatus | 'planned', next: MessageStatus): boolean {
  return RANK[next] > RANK[known];
}

/** `read` satisfies `delivered`; `delivered` does not satisfy `read` (contract 9.13). No condition asks for delivery. */
export function satisfies(
  status: MessageStatus | 'planned',
  condition?: 'delivered' | 'read',
): boolean {
  return RANK[status] >= RANK[condition ?? 'delivered'];
}

/** Whether a status is a failure of its message. */
export function isFailure(
  status: MessageStatus | 'planned',
): status is 'rejected' | 'undeliverable' {
  return status === 'rejected' || status === 'undeliverable';
}
