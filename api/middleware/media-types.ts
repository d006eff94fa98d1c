import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../domain/errors';

/** Ranges of `Accept` that our JSON answers satisfy. */
const JSON_RANGES = ['application/json', 'application/problem+json', 'application/*', '*/*'];

/** Refuses a request that takes no JSON, in any of its ranges. */
export function requireJsonAccepted({ headers }: IncomingMessage): void {
  const accept = headers.accept?.trim();
  if (accept === undefined || accept === '') {
    return;
  }
  if (!accept.split(',').some(isJsonRange)) {
    throw new DomainError(
      'not_acceptable',
      "Invalid Accept header provided. Must be one of the following: 'application/json'",
    );
  }
}

function isJsonRange(range: string): boolean {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const isRefused = parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
  return JSON_RANGES.includes(type) && !isRefused;
}

/** Refuses a body that is not plain UTF-8 JSON, before a byte of it is read. */
export function requireJsonContent({ headers }: IncomingMessage): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  if (type !== 'application/json') {
    throw new DomainError(
      'unsupported_media_type',
      "Unsupported Content-Type header provided. Must be one of the following: 'application/json'",
    );
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new DomainError('unsupported_media_type', "Bodies must be encoded in 'utf-8'.");
  }
  requirePlainCoding(headers['content-encoding']);
}

/** Compressed bodies are refused: their size says nothing about what they unfold to. */
function requirePlainCoding(coding: string | undefined): void {
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    throw new DomainError('unsupported_media_type', 'Bodies must not be compressed.');
  }
}
