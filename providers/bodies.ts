import { parseLosslessJson } from './lossless-json';

const JSON_TYPE = /^\s*(?:application\/json|[^;\s]+\+json)\s*(?:;|$)/i;
const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * Reads a body as expressions see it: JSON and forms as data, everything else as text, an empty one as undefined. Throws
 * a `SyntaxError` when a body that says it is JSON is none.
 */
export function parseBody(raw: Buffer, contentType: string | undefined): unknown {
  if (raw.length === 0) {
    return undefined;
  }
  const text = raw.toString('utf8');
  const type = contentType ?? '';
  if (JSON_TYPE.test(type)) {
    return parseLosslessJson(text);
  }
  if (FORM_TYPE.test(type)) {
    return formFields(text);
  }
  // Many senders name no type, or a wrong one; JSON shows by its first character.
  return /^\s*[{[]/.test(text) ? parsedOrText(text) : text;
}

function parsedOrText(text: string): unknown {
  try {
    return parseLosslessJson(text);
  } catch {
    return text;
  }
}

/** Repeated fields become arrays. */
function formFields(text: string): Record<string, string | string[]> {
  const params = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}
