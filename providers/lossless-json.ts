import { parse } from 'lossless-json';

/** Deepest nesting that is read. */
export const JSON_DEPTH_MAX = 32;

/** Only a run of this many digits can be an integer that a double does not hold. */
const LONG_NUMBER = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Parses JSON so that integers beyond 2^53 stay exact, as text: provider ids are compared, never counted. Throws a
 * `SyntaxError` for what is no JSON and for nesting deeper than {@link JSON_DEPTH_MAX}, which is counted before parsing.
 */
export function parseLosslessJson(text: string): unknown {
  if (isDeeperThan(text, JSON_DEPTH_MAX)) {
    throw new SyntaxError('JSON is nested too deep');
  }
  // The exact parser is slower by far, and most texts have nothing that needs it.
  return LONG_NUMBER.test(text)
    ? parse(text, null, { parseNumber, onDuplicateKey })
    : JSON.parse(text);
}

function parseNumber(text: string): number | string {
  const value = Number(text);
  return INTEGER.test(text) && !Number.isSafeInteger(value) ? text : value;
}

/** The last one wins, as with `JSON.parse`. */
function onDuplicateKey({ newValue }: { newValue: unknown }): unknown {
  return newValue;
}

function isDeeperThan(text: string, max: number): boolean {
  // A text that never ends matches to the end, so that no character is looked at twice.
  const parts = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[[{]|[\]}]/g;
  let depth = 0;
  for (let part = parts.exec(text); part !== null; part = parts.exec(text)) {
    const [token] = part;
    if (token === '{' || token === '[') {
      depth += 1;
    } else if (token === '}' || token === ']') {
      depth -= 1;
    }
    if (depth > max) {
      return true;
    }
  }
  return false;
}
