/** Shorter values are no secrets, and would blot out ordinary words. */
const SECRET_MIN = 4;

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/**
 * Some providers quote the key that they refuse, so their words are cleaned before they are kept. `values`: credentials,
 * and what was sent that was made of them; the last word of `Bearer …` counts by itself, and so does each URL-encoded form.
 */
export function createRedact(values: readonly unknown[]): Redact {
  const secrets = [...new Set(values.flatMap(textsIn).flatMap(spellings))]
    .filter((text) => text.length >= SECRET_MIN)
    .toSorted((one, other) => other.length - one.length);
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).flatMap(textsIn);
  }
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function spellings(text: string): string[] {
  const forms = [text, text.slice(text.lastIndexOf(' ') + 1)];
  return forms.flatMap((form) => [
    form,
    encodeURIComponent(form),
    JSON.stringify(form).slice(1, -1),
  ]);
}
