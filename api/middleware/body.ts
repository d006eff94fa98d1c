import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../domain/errors';

/** Largest body that a route takes unless it says otherwise, in bytes. */
const MAX_BODY_BYTES = 256 * 1024;
/** Deepest nesting of objects and arrays. */
const MAX_JSON_DEPTH = 20;

/** The caller has gone before its request was complete: nobody is left to answer. */
export class RequestAborted extends Error {
  constructor() {
    super('the caller closed the connection');
    this.name = 'RequestAborted';
  }
}

/** The body byte for byte. Refuses by the announced length at once, else as soon as the limit is passed. */
export function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (error: Error): void => {
      request.off('data', take);
      // What still comes is thrown away by the server, within its request timeout; the caller can read our answer.
      request.resume();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) {
        refuse(tooLarge(maxBytes));
        return;
      }
      chunks.push(chunk);
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      refuse(tooLarge(maxBytes));
      return;
    }
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks, size)));
    request.once('error', () => reject(new RequestAborted()));
    request.once('close', () => reject(new RequestAborted()));
  });
}

/** Parses JSON after its form was looked at: text in UTF-8, nested no deeper than allowed. */
export function parseJson(bytes: Buffer, maxDepth = MAX_JSON_DEPTH): unknown {
  if (!isUtf8(bytes)) {
    throw new DomainError('invalid_json', 'The request body is not valid UTF-8.');
  }
  if (bytes.length === 0) {
    throw new DomainError('invalid_json', 'The request has no body.');
  }
  if (isDeeperThan(bytes, maxDepth)) {
    throw new DomainError(
      'invalid_json',
      `The request body is nested deeper than ${maxDepth} levels.`,
    );
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new DomainError('invalid_json', 'The request body is not valid JSON.', { cause });
  }
}

const BYTE = { quote: 0x22, backslash: 0x5c } as const;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Counts brackets outside of strings: in UTF-8 no byte of a longer character looks like one. */
function isDeeperThan(bytes: Buffer, maxDepth: number): boolean {
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === BYTE.quote) {
      index = endOfString(bytes, index);
    } else if (OPENING.has(byte)) {
      depth += 1;
    } else if (CLOSING.has(byte)) {
      depth -= 1;
    }
    if (depth > maxDepth) {
      return true;
    }
  }
  return false;
}

/** Index of the quote that ends the string begun at `start`, or of the last byte. */
function endOfString(bytes: Buffer, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== BYTE.quote) {
    index += bytes[index] === BYTE.backslash ? 2 : 1;
  }
  return index;
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError('payload_too_large', `The request body is larger than ${maxBytes} bytes.`);
}
