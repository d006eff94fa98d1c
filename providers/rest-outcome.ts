import type { SendMap } from '../domain/provider';
import { ACCOUNT_ERROR_CLASSES, type ErrorClass } from '../domain/vocabulary';
import type { HttpAnswer } from '../runtime/http';
import type { SendOutcome } from './adapter';
import { parseBody } from './bodies';
import { compileExpression } from './expressions';
import { errorClassFrom, errorCodeFrom, messageError, providerText } from './message-errors';
import { isRecord } from './plain-value';
import type { Redact } from './redact';
import { afterMsFrom, textFrom } from './rest-values';

/** An answer as expressions see it. */
interface AnswerScope extends Readonly<Record<string, unknown>> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Longest id of a message that is kept, in characters. */
const MESSAGE_REF_MAX = 512;

const STATUS_CLASS: Readonly<Record<number, ErrorClass>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  413: 'content_rejected',
  429: 'rate_limited',
};

/** What a complete answer means, by the definition's map or by its status. */
export async function outcomeOf(
  map: SendMap,
  answer: HttpAnswer,
  redact: Redact,
): Promise<SendOutcome> {
  const scope = answerScope(answer);
  const outcome =
    map.outcome === undefined
      ? outcomeByStatus(scope, redact)
      : await outcomeByMap(map.outcome, scope, redact);
  return outcome.kind === 'accepted' ? accepted(map, scope) : outcome;
}

function answerScope({ status, headers, body }: HttpAnswer): AnswerScope {
  try {
    return { status, headers, body: parseBody(body, headers['content-type']) };
  } catch {
    return { status, headers, body: body.toString('utf8') };
  }
}

/** A result that fails is none: by now the request is out, and only its answer can be misread. */
async function resultOf(expression: string, scope: AnswerScope): Promise<unknown> {
  try {
    return await compileExpression(expression).evaluate(scope);
  } catch {
    return undefined;
  }
}

async function accepted(map: SendMap, scope: AnswerScope): Promise<SendOutcome> {
  if (map.messageRef === undefined) {
    return { kind: 'accepted' };
  }
  // The message is with the provider, whether or not its id can be read.
  const value = await resultOf(map.messageRef, scope);
  const messageRef = textFrom(value);
  return messageRef === undefined || messageRef === '' || messageRef.length > MESSAGE_REF_MAX
    ? { kind: 'accepted' }
    : { kind: 'accepted', messageRef };
}

/** Without a map: 2xx accepted; 429, 5xx and account faults retry; everything else is refused. */
export function outcomeByStatus(
  scope: Pick<AnswerScope, 'status' | 'headers' | 'body'>,
  redact: Redact,
): SendOutcome {
  const { status, headers } = scope;
  if (status < 300) {
    return { kind: 'accepted' };
  }
  const errorClass = STATUS_CLASS[status] ?? (status >= 500 ? 'outage' : 'other');
  const text = providerText(scope.body);
  const reason = redact(text === undefined ? `HTTP ${status}` : `HTTP ${status}: ${text}`);
  return failed('refused', { errorClass, reason, after: headers['retry-after'] });
}

async function outcomeByMap(
  expression: string,
  scope: AnswerScope,
  redact: Redact,
): Promise<SendOutcome> {
  const result = await resultOf(expression, scope);
  return (
    (isRecord(result) ? outcomeFrom(result, scope, redact) : undefined) ?? withoutMap(scope, redact)
  );
}

/** The map failed: a 2xx may or may not have taken the message, every other status speaks for itself. */
function withoutMap(scope: AnswerScope, redact: Redact): SendOutcome {
  return scope.status < 300
    ? { kind: 'unknown', error: messageError('other', `HTTP ${scope.status}, not understood`) }
    : outcomeByStatus(scope, redact);
}

function outcomeFrom(
  result: Readonly<Record<string, unknown>>,
  scope: AnswerScope,
  redact: Redact,
): SendOutcome | undefined {
  switch (result['kind']) {
    case 'accepted':
      return { kind: 'accepted' };
    case 'refused':
      return failed('refused', faultFrom(result, scope, redact));
    case 'retry':
      return failed('retry', faultFrom(result, scope, redact));
    case 'unknown': {
      const { errorClass = 'outage', reason, code } = faultFrom(result, scope, redact);
      return { kind: 'unknown', error: messageError(errorClass, reason, code) };
    }
    default:
      return undefined;
  }
}

function faultFrom(
  result: Readonly<Record<string, unknown>>,
  scope: AnswerScope,
  redact: Redact,
): Fault {
  const text = textFrom(result['reason']) ?? providerText(scope.body) ?? `HTTP ${scope.status}`;
  return {
    errorClass: errorClassFrom(result['class']),
    code: errorCodeFrom(result['code']),
    reason: redact(text),
    after: result['after'] ?? scope.headers['retry-after'],
  };
}

interface Fault {
  readonly errorClass: ErrorClass | undefined;
  readonly code?: number | undefined;
  readonly reason: string;
  readonly after: unknown;
}

/** A class that blames the account makes a retry of a refusal: the next account may well take the message. */
function failed(kind: 'refused' | 'retry', fault: Fault): SendOutcome {
  const errorClass = fault.errorClass ?? (kind === 'retry' ? 'outage' : 'other');
  const error = messageError(errorClass, fault.reason, fault.code);
  if (kind === 'refused' && !ACCOUNT_ERROR_CLASSES.some((one) => one === errorClass)) {
    return { kind, error };
  }
  const afterMs = afterMsFrom(fault.after, Date.now());
  return { kind: 'retry', error, ...(afterMs === undefined ? {} : { afterMs }) };
}
