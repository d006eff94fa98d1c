import type { HttpAnswer, HttpClient, HttpFailure } from '../runtime/http';
import type { Endpoint } from '../store/endpoints';
import { signatureHeaders, type Signing } from './sign';

/** What came of one post. */
export type Posted =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'failed';
      /** What a person reads: `HTTP 500`, `timeout`. */
      readonly error: string;
      readonly httpStatus?: number;
      /** The endpoint itself is at fault (no connection, timeout, 5xx), not this one callback. */
      readonly endpointFault: boolean;
      /** 410, and its application wants that obeyed. */
      readonly gone: boolean;
      readonly retryAfterMs?: number;
    };

export interface PostDeps {
  readonly http: HttpClient;
  readonly signingFor: (tenantId: string, applicationId: string) => Promise<Signing>;
}

/** Connect, and the whole post with it, in milliseconds (contract 5, timeouts). */
const CONNECT_MS = 3_000;
const POST_MS = 15_000;
/** Of an answer we read this much, to keep the connection; what it says does not matter. */
const MAX_ANSWER_BYTES = 16_384;

/** Posts one callback once. Never throws for what the endpoint does. */
export async function postCallback(
  deps: PostDeps,
  endpoint: Endpoint,
  callback: { readonly id: string; readonly body: string },
): Promise<Posted> {
  const signing = await deps.signingFor(endpoint.tenantId, endpoint.applicationId);
  const body = Buffer.from(callback.body);
  try {
    const answer = await deps.http.request({
      method: 'POST',
      url: endpoint.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'failover-dispatch',
        ...signatureHeaders(signing, callback.id, body, new Date()),
      },
      body,
      timeoutMs: CONNECT_MS + POST_MS,
      connectTimeoutMs: CONNECT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    return postedFromStatus(endpoint, answer.status, answer);
  } catch (error) {
    return postedFromFailure(endpoint, error as HttpFailure);
  }
}

function postedFromFailure(endpoint: Endpoint, failure: HttpFailure): Posted {
  // An answer that is too long is still an answer: its status counts.
  if (failure.kind === 'too_large' && failure.status !== undefined) {
    return postedFromStatus(endpoint, failure.status);
  }
  return { kind: 'failed', error: failure.code ?? 'failed', endpointFault: true, gone: false };
}

function postedFromStatus(endpoint: Endpoint, status: number, answer?: HttpAnswer): Posted {
  if (status >= 200 && status < 300) {
    return { kind: 'taken' };
  }
  const retryAfterMs = retryAfter(answer?.headers['retry-after']);
  return {
    kind: 'failed',
    error: `HTTP ${status}`,
    httpStatus: status,
    endpointFault: status >= 500,
    gone: status === 410 && endpoint.disableOnGone,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** RFC 9110 10.2.3: seconds, or an HTTP date. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
