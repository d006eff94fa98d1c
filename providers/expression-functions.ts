import jsonata from 'jsonata';
import type { Expression } from 'jsonata';
import { plainValue } from './plain-value';

/** Longest text that an expression may make on its way, in characters. */
const TEXT_MAX = 262_144;
/** A time as text is no longer than this; with {@link AMBIGUOUS_MARKERS_MAX} it bounds the search for a fit. */
const TIMESTAMP_MAX = 40;
const AMBIGUOUS_MARKERS_MAX = 3;
/** JSONata asks the environment for a function under this name, and calls it after each part of an expression. */
const EXIT_HOOK = Symbol.for('jsonata.__evaluate_exit');

/**
 * Replaces the functions that could make or read huge values in one native call, where JSONata's own limits are not
 * looked at, and takes `$eval` away.
 */
export function tameFunctions(expression: Expression): void {
  expression.assign('eval', undefined);
  // The typings know names only as text; the library takes this symbol.
  expression.assign(EXIT_HOOK as unknown as string, checkLength);
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  expression.registerFunction('join', join, '<a<s>s?:s>');
  expression.registerFunction('string', stringOf, '<x-b?:s>');
  expression.registerFunction('toMillis', toMillis, '<s-s?:n>');
}

function checkLength(
  _expr: unknown,
  _input: unknown,
  _environment: unknown,
  result: unknown,
): void {
  if (typeof result === 'string' && result.length > TEXT_MAX) {
    throw new RangeError('a text is too long');
  }
}

function pad(text: string | undefined, width: number, filler = ' '): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (Math.abs(width) > TEXT_MAX) {
    throw new RangeError('a text is too long');
  }
  const missing = Math.abs(width) - Array.from(text).length;
  const symbols = Array.from(filler === '' ? ' ' : filler);
  const padding = Array.from(
    { length: Math.max(0, missing) },
    (_none, index) => symbols[index % symbols.length],
  ).join('');
  return width < 0 ? padding + text : text + padding;
}

function join(texts: readonly string[] | undefined, separator = ''): string | undefined {
  if (texts === undefined) {
    return undefined;
  }
  const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
  if (length > TEXT_MAX) {
    throw new RangeError('a text is too long');
  }
  return texts.join(separator);
}

/** As the library's: texts as they are, functions as nothing, numbers with 15 digits, everything else as JSON. */
function stringOf(value: unknown, prettify = false): string | undefined {
  if (value === undefined || typeof value === 'string') {
    return value;
  }
  const plain = plainValue(value);
  return plain === undefined ? '' : JSON.stringify(plain, shortNumber, prettify ? 2 : 0);
}

function shortNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) {
    return value;
  }
  if (!Number.isFinite(value)) {
    throw new RangeError('not a finite number');
  }
  return Number(value.toPrecision(15));
}

const byPicture = jsonata('$toMillis(time, picture)');

/** The library makes a backtracking pattern of the picture, so what it may have to try is kept small. */
async function toMillis(time: string | undefined, picture?: string): Promise<unknown> {
  if (time !== undefined && time.length > TIMESTAMP_MAX) {
    throw new RangeError('a time is too long');
  }
  if (
    picture !== undefined &&
    (picture.length > 100 || ambiguousMarkers(picture) > AMBIGUOUS_MARKERS_MAX)
  ) {
    throw new RangeError('a picture of a time leaves too much open');
  }
  return byPicture.evaluate(picture === undefined ? { time } : { time, picture });
}

/** Markers without a fixed width that touch the next one: each may end anywhere. */
function ambiguousMarkers(picture: string): number {
  const withoutFixed = picture.replace(/\[[A-Za-z]\d{2,}\]/g, '');
  return withoutFixed.split(/\]\s*\[/).length - 1;
}
