import { isIP } from 'node:net';
import { z } from 'zod';

/** The processes that read settings; each reads only what it needs. */
export const ROLES = ['api', 'worker', 'admin', 'migrate', 'dev'] as const;
export type Role = (typeof ROLES)[number];

/** One environment variable: everything a reader, the parser and the generated documents need to know. */
export interface Setting<Schema extends z.ZodType, Reader extends Role> {
  readonly name: string;
  readonly description: string;
  /** Text that counts when the variable is absent or empty; without one the schema decides whether that is allowed. */
  readonly fallback?: string;
  /** What the documents say in the column "default" where the fallback is not a plain text. */
  readonly fallbackNote?: string;
  readonly example?: string;
  /** Secret values are never printed: only "set" or "not set". */
  readonly secret?: boolean;
  readonly readBy: readonly Reader[];
  readonly schema: Schema;
}

/** Keeps the exact types of one setting, which the type of the whole configuration is derived from. */
export function setting<Schema extends z.ZodType, Reader extends Role>(
  definition: Setting<Schema, Reader>,
): Setting<Schema, Reader> {
  return definition;
}

export const requiredText = z.string('is required').min(1, 'is required');

/** Whole number within limits, both included. */
export function wholeNumber(
  min: number,
  max: number,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const expectation = `must be a whole number from ${min} to ${max}`;
  return requiredText.transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      context.addIssue({ code: 'custom', message: expectation });
    }
    return value;
  });
}

/** Absolute http or https URL without a trailing slash. */
export const webUrl = requiredText.transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash) {
    context.addIssue({ code: 'custom', message: 'must be an http or https URL without a query' });
  }
  return text.replace(/\/+$/, '');
});

/** Postgres connection URL. The message never repeats the value: it carries a password. */
export const postgresUrl = requiredText.refine(
  (text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol),
  'must be a postgresql:// URL',
);

/** Comma-separated address ranges such as `10.0.0.0/8,fd00::/8`; a single address is a range of one. */
export const addressRanges = z.string().transform((text, context) => {
  const ranges = commaSeparated(text);
  for (const range of ranges.filter((candidate) => !isAddressRange(candidate))) {
    context.addIssue({ code: 'custom', message: `"${range}" is not an address range` });
  }
  return ranges;
});

const SECRETS_KEY = '[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?';

/** `k2:<base64>,k1:<base64>` by its form; what the keys are worth is judged where the ring is made. */
export const secretsKeys = requiredText.regex(
  new RegExp(`^ *${SECRETS_KEY}( *, *${SECRETS_KEY})* *,? *$`),
  'must be a list of <id>:<32 random bytes in base64>, separated by commas',
);

function isAddressRange(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/');
  const version = isIP(address ?? '');
  if (version === 0 || rest.length > 0) {
    return false;
  }
  const longest = version === 4 ? 32 : 128;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest);
}

function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
