import { z } from 'zod';

/** Deepest nesting that is stored; nothing Vonage documents goes beyond five. */
const MAX_DEPTH = 20;
/** What Postgres cannot keep in a text: U+0000 and half a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
const UNSTORABLE_REASON = 'must not hold U+0000 or half of a surrogate pair';
const CONTROL = /\p{Cc}/u;
/** Longest E.164 number, in digits. */
const MAX_DIGITS = 15;
/** Longest `id` or sender name, in characters. */
const MAX_NAME = 50;
/** Longest id on a channel that is not Vonage's: an e-mail address. */
const MAX_EXTRA_NAME = 254;
const EXAMPLE = 'for example 447700900000';

/** A JSON object: not null, not an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string of `min` to `max` characters, counted as Unicode code points. */
export function characters(min: number, max: number): z.ZodType<string> {
  return z.string().superRefine((text, context) => {
    const fault = lengthFault(text, min, max);
    if (fault !== undefined) {
      context.addIssue({ code: 'custom', message: fault });
    }
  });
}

/** A recipient's phone number: E.164 digits without + or 00. A JSON number is taken too. */
export const phoneNumber = numberText(phoneFault);
/** A sender of text messages: a phone number, a short code, or a name. */
export const senderName = numberText(senderFault);
/** An id of a person, page or service. */
export const partyId = numberText((text) => idFault(text, MAX_NAME));
/** An id on a channel that is not Vonage's. */
export const extraPartyId = numberText((text) => idFault(text, MAX_EXTRA_NAME));

/** Text that can be stored, of `min` to `max` characters. */
export function storableText(min: number, max: number): z.ZodType<string> {
  return characters(min, max).refine((text) => !UNSTORABLE.test(text), UNSTORABLE_REASON);
}

/** One place in a JSON value that cannot be stored. */
export interface StorageFault {
  readonly segments: readonly PropertyKey[];
  readonly reason: string;
}

/** An object or array inside a JSON value; its path is made only when something is wrong. */
interface Place {
  readonly value: object;
  readonly depth: number;
  readonly key?: PropertyKey;
  readonly parent?: Place;
}

/**
 * Finds everything in a JSON object that the database would refuse, names included. Does not recurse, and costs little
 * for what is sound: a request may hold a hundred thousand values.
 */
export function storageFaults(root: object): StorageFault[] {
  const faults: StorageFault[] = [];
  const open: Place[] = [{ value: root, depth: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const deeper: Place[] = [];
    for (const [key, value] of entriesOf(place.value)) {
      const reason = storageFault(key, value, place.depth);
      if (reason !== undefined) {
        faults.push({ segments: segmentsOf(key, place), reason });
      } else if (typeof value === 'object' && value !== null) {
        deeper.push({ value, depth: place.depth + 1, key, parent: place });
      }
    }
    // One by one: a spread of a hundred thousand arguments overflows the stack.
    for (const next of deeper.toReversed()) {
      open.push(next);
    }
  }
  return faults;
}

function entriesOf(value: object): Iterable<[PropertyKey, unknown]> {
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}

/** What is wrong with a value or its name alone, not with what it holds. */
function storageFault(key: PropertyKey, value: unknown, depth: number): string | undefined {
  if (typeof key === 'string' && UNSTORABLE.test(key)) {
    return `name ${UNSTORABLE_REASON}`;
  }
  if (typeof value === 'string' && UNSTORABLE.test(value)) {
    return UNSTORABLE_REASON;
  }
  const isTooDeep = typeof value === 'object' && value !== null && depth + 1 >= MAX_DEPTH;
  return isTooDeep ? `must not be nested deeper than ${MAX_DEPTH} levels` : undefined;
}

function segmentsOf(key: PropertyKey, parent: Place): PropertyKey[] {
  const segments = [key];
  for (let place: Place | undefined = parent; place !== undefined; place = place.parent) {
    if (place.key !== undefined) {
      segments.unshift(place.key);
    }
  }
  return segments;
}

/**
 * Text that clients also send as a JSON number: their shells expand numbers without quotes. Beyond 2^53 such a number
 * has lost digits on its way, so it must come as a string.
 */
function numberText(faultOf: (text: string) => string | undefined): z.ZodType<string> {
  const text = z.string({
    error: ({ input }) =>
      typeof input === 'number'
        ? 'must be a string: as a JSON number it has lost its exact digits'
        : undefined,
  });
  return z.preprocess(
    (value) => (typeof value === 'number' && isExact(value) ? String(value) : value),
    text.superRefine((value, context) => {
      const fault = faultOf(value);
      if (fault !== undefined) {
        context.addIssue({ code: 'custom', message: fault });
      }
    }),
  );
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Counts code points without building an array of them; a longer text is not counted to its end. */
function lengthFault(text: string, min: number, max: number): string | undefined {
  let count = 0;
  for (const _ of text) {
    count += 1;
    if (count > max) {
      return `must be at most ${max} characters long`;
    }
  }
  if (count >= min) {
    return undefined;
  }
  return min === 1 ? 'must not be empty' : `must be at least ${min} characters long`;
}

/** Faults that a recipient's and a sender's number share. */
function prefixFault(text: string): string | undefined {
  if (text.startsWith('+')) {
    return `must not start with +: start with the country code, ${EXAMPLE}`;
  }
  if (text.startsWith('00')) {
    return `must not start with 00: start with the country code, ${EXAMPLE}`;
  }
  return text.length > MAX_DIGITS ? `must be at most ${MAX_DIGITS} digits long` : undefined;
}

function phoneFault(text: string): string | undefined {
  if (text === '') {
    return 'must not be empty';
  }
  if (!/^\+?[0-9]+$/.test(text)) {
    return `must hold digits only, no spaces or dashes, ${EXAMPLE}`;
  }
  const national = text.startsWith('0')
    ? `must start with the country code, not with 0, ${EXAMPLE}`
    : undefined;
  return prefixFault(text) ?? national;
}

function senderFault(text: string): string | undefined {
  if (/^\+|^[0-9]+$/.test(text)) {
    return prefixFault(text);
  }
  return idFault(text, MAX_NAME);
}

function idFault(text: string, max: number): string | undefined {
  if (text !== '' && text.trim() === '') {
    return 'must not be blank';
  }
  if (CONTROL.test(text) || UNSTORABLE.test(text)) {
    return 'must not hold control characters or half of a surrogate pair';
  }
  return lengthFault(text, 1, max);
}
