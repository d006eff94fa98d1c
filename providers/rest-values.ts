/** Headers that belong to the connection: a map that set them could change the host, or how the body is cut. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** No line break, no control character, nothing beyond Latin-1. */
const PRINTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a map may set this header. */
export function isHeaderName(name: string): boolean {
  return TOKEN.test(name) && !CONNECTION_HEADERS.has(name.toLowerCase());
}

/** Whether a header can carry this text. */
export function isHeaderValue(text: string): boolean {
  return PRINTABLE.test(text);
}

/** Text of a value that stands in a header, a query or a path; undefined when it is missing or no single value. */
export function textFrom(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

const AFTER_MAX_MS = 3_600_000;

/** Milliseconds that a `Retry-After` asks for: seconds or an HTTP date, at most an hour. */
export function afterMsFrom(value: unknown, now: number): number | undefined {
  const text = textFrom(value)?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) {
    return Math.min(Math.round(Number(text) * 1_000), AFTER_MAX_MS);
  }
  // Date.parse takes far more than HTTP dates; all of those begin with the name of a day.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at - now, 0), AFTER_MAX_MS);
}
