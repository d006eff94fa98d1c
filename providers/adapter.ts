import type { Content, MessageError, Party, StatusUpdate } from '../domain/message';
import type { Account } from '../domain/provider';
import type { Channel } from '../domain/vocabulary';

/** Plain credential values by field key; lives only while a request is prepared or verified. */
export type Credentials = Readonly<Record<string, unknown>>;

/** One message as a provider should get it. */
export interface OutgoingMessage {
  readonly messageId: string;
  readonly dispatchId: string;
  readonly channel: Channel;
  readonly recipient: Party;
  readonly sender: Party;
  readonly content: Content;
  /** How long the message is worth delivering, in seconds; absent on the last step. */
  readonly ttlSeconds?: number;
  /** Where the provider may report about it. */
  readonly receiptUrl: string;
}

/**
 * What came of a hand-over.
 * `accepted`: a complete answer said yes. `refused`: a complete answer said no, for good. `retry`: a complete answer said
 * not now (429, 5xx, auth, quota). `not_sent`: certainly no byte left. `unknown`: perhaps sent.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly messageRef?: string }
  | { readonly kind: 'refused'; readonly error: MessageError }
  | { readonly kind: 'retry'; readonly error: MessageError; readonly afterMs?: number }
  | { readonly kind: 'not_sent'; readonly error: MessageError; readonly afterMs?: number }
  | { readonly kind: 'unknown'; readonly error: MessageError };

export interface SendLimits {
  /** Whole call, connect to last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** Called right before the first byte may leave; throws when the sender has lost its permit, and then nothing leaves. */
  readonly beforeWrite: () => void;
  /** Aborts the call (shutdown, cancellation). */
  readonly signal?: AbortSignal;
}

/** A request made ready: only the socket write is left. */
export interface PreparedSend {
  send(limits: SendLimits): Promise<SendOutcome>;
}

/** What came to a receipt URL, byte for byte. Header names are lower case; a doubled header is an array. */
export interface InboundRequest {
  readonly method: string;
  /** The public URL it was posted to, from configuration and never from `Host`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query: Readonly<Record<string, string>>;
  readonly rawBody: Buffer;
  readonly receivedAt: Date;
}

export interface ReceiptReply {
  readonly status: number;
  readonly body: string;
}

/** `forged`: signature bad, missing or stale. `unreadable`: signed, but not understood. */
export type ParsedReceipt =
  | { readonly kind: 'forged'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly reply: ReceiptReply }
  | {
      readonly kind: 'updates';
      readonly updates: readonly StatusUpdate[];
      readonly reply: ReceiptReply;
    };

/** Our code for one protocol type. */
export interface Adapter {
  /**
   * Makes the request ready, so that only the write is left when the permit is claimed.
   * Throws {@link PrepareError} when this message can never go out through this account.
   */
  prepare(
    message: OutgoingMessage,
    account: Account,
    credentials: Credentials,
  ): Promise<PreparedSend>;
  /** Verifies and reads what a provider posted. Never throws for bad input. */
  parseReceipt(
    request: InboundRequest,
    account: Account,
    credentials: Credentials,
  ): Promise<ParsedReceipt>;
}

/** A message that cannot be made into a request; treated as a refusal before any claim. */
export class PrepareError extends Error {
  readonly failure: MessageError;

  constructor(failure: MessageError, options?: { cause?: unknown }) {
    super(failure.reason, options);
    this.name = 'PrepareError';
    this.failure = failure;
  }
}
