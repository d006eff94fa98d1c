import type { Account, SendMap } from '../domain/provider';
import type { HttpAnswer, HttpClient, HttpFailure } from '../runtime/http';
import {
  PrepareError,
  type Adapter,
  type Credentials,
  type OutgoingMessage,
  type SendLimits,
  type SendOutcome,
} from './adapter';
import { messageError } from './message-errors';
import { createRedact, type Redact } from './redact';
import { outcomeByStatus, outcomeOf } from './rest-outcome';
import { receiptOf } from './rest-receipt';
import { buildRequest, checkAnswerMaps, type RestRequest } from './rest-request';

/** Bytes of a provider's answer that are read. */
const ANSWER_BYTES_MAX = 262_144;

/** Speaks to any HTTP provider as its channel definition says. */
export function createRestAdapter(http: HttpClient): Adapter {
  return {
    async prepare(message, account, credentials) {
      const map = sendMapOf(account);
      checkAnswerMaps(map);
      const scope = scopeOf(message, account);
      const request = await buildRequest(http, { map, account, credentials, scope });
      return {
        send: (limits) => send(http, { map, request, credentials }, limits),
      };
    },
    parseReceipt: (request, account, credentials) =>
      receiptOf(account.definition.receipt, request, credentials),
  };
}

function sendMapOf({ definition }: Account): SendMap {
  if (definition.send === undefined) {
    throw new PrepareError(messageError('unsupported', 'the channel definition sends nothing'));
  }
  return definition.send;
}

function scopeOf(message: OutgoingMessage, account: Account): Readonly<Record<string, unknown>> {
  const { messageId, dispatchId, recipient, sender, content, ttlSeconds, receiptUrl } = message;
  const { settings } = account;
  return { messageId, dispatchId, recipient, sender, content, ttlSeconds, receiptUrl, settings };
}

interface Prepared {
  readonly map: SendMap;
  readonly request: RestRequest;
  readonly credentials: Credentials;
}

async function send(
  http: HttpClient,
  prepared: Prepared,
  limits: SendLimits,
): Promise<SendOutcome> {
  const { map, request, credentials } = prepared;
  const redact: Redact = (text) => createRedact([credentials, request.secrets])(text);
  let answer: HttpAnswer;
  try {
    const { method, url, headers, body } = request;
    const { timeoutMs, beforeWrite, signal } = limits;
    answer = await http.request({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      timeoutMs,
      maxAnswerBytes: ANSWER_BYTES_MAX,
      beforeWrite,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    return outcomeOfFailure(error, redact);
  }
  return outcomeOf(map, answer, redact);
}

/** What is not known to have stayed here may have been sent: every doubt is `unknown`. */
function outcomeOfFailure(error: unknown, redact: Redact): SendOutcome {
  if (!isHttpFailure(error)) {
    return { kind: 'unknown', error: messageError('outage', 'the call failed') };
  }
  const fault = messageError('outage', redact(`${error.code}: ${error.message}`));
  if (error.kind === 'not_sent') {
    return { kind: 'not_sent', error: fault };
  }
  const { status } = error;
  return error.kind === 'too_large' && status !== undefined && status >= 300
    ? outcomeByStatus({ status, headers: {}, body: error.message }, redact)
    : { kind: 'unknown', error: fault };
}

/** By name: the client is handed in, and its class with it. */
function isHttpFailure(error: unknown): error is HttpFailure {
  return error instanceof Error && error.name === 'HttpFailure' && 'kind' in error;
}
