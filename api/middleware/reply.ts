import type { ServerResponse } from 'node:http';
import type { Reply } from '../route';

/** Writes a reply in one piece: objects as JSON, text and bytes as they are. */
export function sendReply(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  const bytes = bytesOf(body);
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, value);
  }
  if (bytes.length > 0 && !response.hasHeader('content-type')) {
    response.setHeader('content-type', defaultType(body));
  }
  if (status !== 204 && status !== 304) {
    response.setHeader('content-length', bytes.length);
  }
  response.end(bytes);
}

function bytesOf(body: Reply['body']): Buffer {
  if (Buffer.isBuffer(body)) {
    return body;
  }
  return Buffer.from(typeof body === 'object' ? JSON.stringify(body) : (body ?? ''));
}

function defaultType(body: Reply['body']): string {
  if (Buffer.isBuffer(body)) {
    return 'application/octet-stream';
  }
  return typeof body === 'object' ? 'application/json' : 'text/plain; charset=utf-8';
}
