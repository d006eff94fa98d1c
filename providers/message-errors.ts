import type { MessageError } from '../domain/message';
import { ERROR_CLASSES, type ErrorClass } from '../domain/vocabulary';
import { isRecord } from './plain-value';

/** Vonage's code for a fault that nobody knows more about. */
export const CODE_UNKNOWN = 1030;

/**
 * Vonage's code where a map names a class and no code. Only classes that one of its codes means exactly have one of
 * their own; the others are the platform's fault to the caller.
 */
const CODE_OF_CLASS: Readonly<Partial<Record<ErrorClass, number>>> = {
  recipient_invalid: 1170,
  recipient_blocked: 1050,
  content_rejected: 1040,
  expired: 1360,
  quota: 1070,
  rate_limited: 1000,
  outage: 1230,
};

const REASON_MAX = 200;
function codeOfClass(errorClass: ErrorClass): number {
  return CODE_OF_CLASS[errorClass] ?? CODE_UNKNOWN;
}

export function messageError(errorClass: ErrorClass, reason: string, code?: number): MessageError {
  return { class: errorClass, code: code ?? codeOfClass(errorClass), reason: cut(reason) };
}

/** A class as a map gave it; undefined for anything that is not on the list. */
export function errorClassFrom(value: unknown): ErrorClass | undefined {
  return ERROR_CLASSES.find((one) => one === value);
}

/** A code as a map gave it, number or digits; undefined for anything that cannot be one of Vonage's. */
export function errorCodeFrom(value: unknown): number | undefined {
  const code = typeof value === 'string' && /^\d{4}$/.test(value) ? Number(value) : value;
  return typeof code === 'number' && Number.isInteger(code) && code >= 1_000 && code <= 9_999
    ? code
    : undefined;
}

/** The sentence in which a provider's answer says what is wrong, where one of the usual fields has it. */
export function providerText(body: unknown): string | undefined {
  if (typeof body === 'string') {
    return body;
  }
  if (!isRecord(body)) {
    return undefined;
  }
  const places = [
    body,
    body['error'],
    Array.isArray(body['errors']) ? body['errors'][0] : undefined,
  ];
  for (const place of places) {
    const text = isRecord(place) ? sentenceIn(place) : place;
    if (typeof text === 'string' && text !== '') {
      return text;
    }
  }
  return undefined;
}

function sentenceIn(record: Readonly<Record<string, unknown>>): string | undefined {
  const names = [
    'message',
    'reason',
    'detail',
    'description',
    'error_description',
    'error',
    'title',
  ];
  return names
    .map((name) => record[name])
    .find((value) => typeof value === 'string' && value !== '') as string | undefined;
}

/** One line without control characters, cut to what is stored. */
function cut(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const symbols = Array.from(line);
  return symbols.length > REASON_MAX ? symbols.slice(0, REASON_MAX).join('') : line;
}
