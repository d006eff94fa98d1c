/** Errors told to an API caller: one class, one closed list of codes, one table to HTTP (`api/middleware/problem.ts`). */
export const ERROR_CODES = [
  'invalid_json',
  'invalid_input',
  'unauthorized',
  'multiple_auth_methods',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'not_acceptable',
  'conflict',
  'payload_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'idempotency_in_progress',
  'rate_limited',
  'quota_exceeded',
  'unavailable',
  'request_timeout',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One fault of a request: full path such as `workflow[0].message.content.text`, and what is wrong with it. */
export interface InvalidParameter {
  readonly name: string;
  readonly reason: string;
}

export interface ErrorOptions {
  readonly parameters?: readonly InvalidParameter[];
  /** Seconds after which a try again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Methods that the path does take; becomes `Allow`. */
  readonly allow?: readonly string[];
  readonly cause?: unknown;
}

/** An error whose message may be shown to the caller. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly options: ErrorOptions;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.options = options;
  }
}
