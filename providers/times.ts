/** Times outside of these years are mistakes of a unit, not news. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
/** A number beyond it counts milliseconds; as seconds it would lie three thousand years ahead. */
const SECONDS_MAX = 1e11;

const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

/**
 * ISO 8601 of a provider's time: ISO or RFC 2822 text, or seconds or milliseconds since 1970. Text without a zone is UTC,
 * so that no machine's zone matters. Undefined for what is no time.
 */
export function occurredAtFrom(value: unknown): string | undefined {
  const at = typeof value === 'string' ? instantOfText(value.trim()) : instantOfNumber(value);
  return at >= EARLIEST && at < LATEST ? new Date(at).toISOString() : undefined;
}

function instantOfText(text: string): number {
  if (/^\d{9,16}(?:\.\d+)?$/.test(text)) {
    return instantOfNumber(Number(text));
  }
  if (WITHOUT_ZONE.test(text)) {
    return Date.parse(`${text.replace(' ', 'T')}Z`);
  }
  // Anything else must name its zone: Date.parse would take this machine's.
  return /(?:Z|GMT|UTC?|[+-]\d{2}:?\d{2})$/.test(text) || /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

function instantOfNumber(value: unknown): number {
  if (typeof value !== 'number') {
    return Number.NaN;
  }
  return value > SECONDS_MAX ? value : value * 1_000;
}
