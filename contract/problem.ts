import type { DomainError, ErrorCode, InvalidParameter } from '../domain/errors';
import { countedFaults } from './faults';

/** Names of the statuses that errors have, as the `/api` paths give them. */
const STATUS_NAMES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;
type ErrorStatus = keyof typeof STATUS_NAMES;

/** How one error code looks on the wire. */
interface Problem {
  readonly status: ErrorStatus;
  readonly type: string;
  readonly title: string;
}

/** Detail of a 401 to a request without any proof: a message that Vonage's clients know. */
export const MISSING_AUTHORIZATION = "Request header 'Authorization' missing";
/** All that a caller learns of a fault on our side. */
const INTERNAL_DETAIL =
  'Something failed on our side. Please report it with the trace id of this answer.';

const ERRORS = 'https://developer.nexmo.com/api-errors';

/** Every error code and its answer. Types that Vonage publishes are kept; ours follow their form. */
const PROBLEMS: Readonly<Record<ErrorCode, Problem>> = {
  invalid_json: problem(400, '#invalid-json', 'Malformed JSON'),
  invalid_input: {
    status: 400,
    type: 'https://www.nexmo.com/messages/Errors#InvalidParams',
    title: "Your request parameters didn't validate.",
  },
  unauthorized: problem(401, '#unauthorized', 'Invalid credentials supplied'),
  multiple_auth_methods: problem(
    401,
    '#multiple-auth-methods',
    'Multiple authentication methods detected',
  ),
  forbidden: problem(403, '#forbidden', 'Forbidden'),
  not_found: problem(404, '#not-found', 'Not Found'),
  method_not_allowed: problem(405, '#wrong-verb', 'Request method not allowed'),
  not_acceptable: problem(406, '#accept-header', 'Invalid Accept header'),
  request_timeout: problem(408, '#request-timeout', 'Request timed out'),
  conflict: problem(409, '#conflict', 'Conflict'),
  idempotency_in_progress: problem(
    409,
    '#idempotency-in-progress',
    'A request with this idempotency key is still running',
  ),
  payload_too_large: problem(413, '#payload-too-large', 'Body too large'),
  unsupported_media_type: problem(415, '#content-type-header', 'Unsupported Content-Type header'),
  idempotency_key_reused: problem(
    422,
    '#idempotency-key-reused',
    'This idempotency key belongs to another body',
  ),
  rate_limited: problem(429, '#throttled', 'Rate Limit Hit'),
  quota_exceeded: problem(429, '#quota-exceeded', 'Quota exceeded'),
  unavailable: problem(503, '#service-unavailable', 'Service unavailable'),
  internal: problem(500, '#internal-error', 'Internal error'),
};

/** Details for errors raised without a message of their own. */
const DETAILS: Partial<Readonly<Record<ErrorCode, string>>> = {
  unauthorized: 'You did not provide correct credentials.',
  multiple_auth_methods: 'Give exactly one authentication method: JWT or Basic, not both.',
  rate_limited: 'Please wait, then retry your request',
};

/** An RFC 7807 body, as Vonage's platform sends it. `instance` is the trace id. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
  readonly invalid_parameters?: readonly InvalidParameter[];
}

/** An error on the `/api` paths: Reten's shape, plus our code and every fault. */
export interface RetenErrorBody {
  readonly statusCode: number;
  readonly message: string;
  readonly error: string;
  readonly code: ErrorCode;
  readonly details: readonly InvalidParameter[];
}

/** HTTP status of an error code. */
export function statusOf(code: ErrorCode): number {
  return PROBLEMS[code].status;
}

/** Status and body for the `/v0.1`, `/workflows` and `/v1` paths; `application/problem+json`. */
export function problemBody(
  error: DomainError,
  traceId: string,
): { status: number; body: ProblemBody } {
  const { status, type, title } = PROBLEMS[error.code];
  const faults = error.options.parameters ?? [];
  const counted = error.code === 'invalid_input' && faults.length > 0;
  const detail = counted ? countedFaults(faults.length) : sentenceOf(error);
  const body = {
    type,
    title: detail === MISSING_AUTHORIZATION ? 'Unauthorised' : title,
    detail,
    instance: traceId,
    ...(error.code === 'invalid_input' && { invalid_parameters: faults }),
  };
  return { status, body };
}

/** Body for the `/api` paths; its status is `statusCode`. */
export function retenErrorBody(error: DomainError): RetenErrorBody {
  const { status } = PROBLEMS[error.code];
  return {
    statusCode: status,
    message: sentenceOf(error),
    error: STATUS_NAMES[status],
    code: error.code,
    details: error.options.parameters ?? [],
  };
}

/** What the caller may read: never the message of an internal error. */
function sentenceOf(error: DomainError): string {
  if (error.code === 'internal') {
    return INTERNAL_DETAIL;
  }
  return error.message || DETAILS[error.code] || PROBLEMS[error.code].title;
}

function problem(status: ErrorStatus, suffix: string, title: string): Problem {
  return { status, type: `${ERRORS}${suffix}`, title };
}
