/** The only outgoing HTTP: address guard, caps, timeouts (security 8). */

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whole call in milliseconds. */
  readonly timeoutMs: number;
  /** Connect in milliseconds, default 3,000. */
  readonly connectTimeoutMs?: number;
  /** Bytes of the answer's body that are read at most; beyond: `too_large`. */
  readonly maxAnswerBytes: number;
  /** Called when a connection stands, right before the first byte leaves. A throw stops the request: `not_sent`. */
  readonly beforeWrite?: () => void;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * `not_sent`: certainly no byte left (DNS, refused connection, TLS, blocked address, `beforeWrite` threw).
 * `no_answer`: bytes left and no complete answer came (timeout, reset, cut). `too_large`: the answer was too long:
 * status and headers are known.
 */
export type HttpFailureKind = 'not_sent' | 'no_answer' | 'too_large';

/** `code`: `blocked_address`, `dns`, `connect`, `tls`, `timeout`, `reset`, `aborted`, `too_large`, `before_write`, `invalid_url`. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  readonly code: string;
  readonly status?: number;

  constructor(
    kind: HttpFailureKind,
    code: string,
    message: string,
    options: { status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HttpFailure';
    this.kind = kind;
    this.code = code;
    if (options.status !== undefined) {
      this.status = options.status;
    }
  }
}

export interface HttpClient {
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Throws a `DomainError` `invalid_input` when the URL may never be called: for checks at configuration. */
  checkUrl(url: string): void;
  close(): Promise<void>;
}
