import { problemBody, retenErrorBody } from '../../contract/problem';
import { DomainError, type ErrorCode } from '../../domain/errors';
import type { Reply } from '../route';

export interface ProblemContext {
  readonly path: string;
  readonly traceId: string;
}

/** SQLSTATE classes and codes of a database that is away, full, shut for writing or too slow. */
const UNAVAILABLE_SQLSTATE = /^(08|53|57P|25006|57014|55P03|58030)/;
const UNAVAILABLE_SYSTEM_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];
const UNAVAILABLE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Knex: Timeout acquiring|Client has encountered a connection error)/;
/** Seconds after which a try again makes sense where the error does not say. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  rate_limited: 1,
  quota_exceeded: 60,
  unavailable: 5,
  idempotency_in_progress: 1,
};
const CHALLENGE = 'Basic realm="dispatch", charset="UTF-8", Bearer realm="dispatch"';

/** What an error of any kind may say to a caller: unknown ones become one fixed sentence. */
export function domainErrorFrom(error: unknown): DomainError {
  if (error instanceof DomainError) {
    return error;
  }
  if (error instanceof URIError) {
    return new DomainError('invalid_input', 'The path is not a valid URL path.', { cause: error });
  }
  if (isUnavailable(error)) {
    return new DomainError(
      'unavailable',
      'The service is not available. Please retry your request.',
      {
        cause: error,
      },
    );
  }
  return new DomainError('internal', 'Something went wrong on our side.', { cause: error });
}

/** The one translation of errors to HTTP. */
export function replyFromError(error: DomainError, { path, traceId }: ProblemContext): Reply {
  const isReten = path === '/api' || path.startsWith('/api/');
  const headers = headersOf(error);
  if (isReten) {
    const body = retenErrorBody(error);
    return { status: body.statusCode, headers, body };
  }
  const { status, body } = problemBody(error, traceId);
  return { status, headers: { ...headers, 'content-type': 'application/problem+json' }, body };
}

function headersOf({ code, options }: DomainError): Record<string, string> {
  const retryAfter = options.retryAfterSeconds ?? RETRY_AFTER_SECONDS[code];
  return {
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...(options.allow && { allow: options.allow.join(', ') }),
    ...((code === 'unauthorized' || code === 'multiple_auth_methods') && {
      'www-authenticate': CHALLENGE,
    }),
  };
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    (/^[0-9A-Z]{5}$/.test(code) && UNAVAILABLE_SQLSTATE.test(code)) ||
    UNAVAILABLE_SYSTEM_CODES.includes(code) ||
    UNAVAILABLE_MESSAGE.test(error.message)
  );
}
