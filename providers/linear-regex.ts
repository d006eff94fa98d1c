import { RE2JS } from 're2js';

/** Longest pattern, in characters. */
const PATTERN_MAX = 1_000;

const compiled = new WeakMap<RegExp, RE2JS>();

/**
 * Stands in for `RegExp` inside expressions: the same few members, but matching takes time linear in the text, so that
 * no pattern of a tenant can hold the process. Patterns that need backtracking (back references, look-around) are refused.
 */
class LinearRegex {
  lastIndex = 0;
  readonly #pattern: RE2JS;

  constructor(source: RegExp) {
    this.#pattern = linearPattern(source);
  }

  exec(text: string): RegExpExecArray | null {
    const matcher = this.#pattern.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_none, index) => matcher.group(index) ?? undefined,
    );
    return Object.assign(groups as [string, ...string[]], { index: matcher.start(), input: text });
  }
}

/** As JSONata's `RegexEngine` option wants it; it uses the constructor, `lastIndex` and `exec` only. */
export const LINEAR_REGEX_ENGINE = LinearRegex as unknown as RegExpConstructor;

/** Compiles a pattern once; throws when it cannot be matched in linear time. */
export function linearPattern(source: RegExp): RE2JS {
  const known = compiled.get(source);
  if (known !== undefined) {
    return known;
  }
  if (source.source.length > PATTERN_MAX) {
    throw new RangeError(`a pattern is longer than ${PATTERN_MAX} characters`);
  }
  const flags =
    (source.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (source.multiline ? RE2JS.MULTILINE : 0);
  const pattern = RE2JS.compile(RE2JS.translateRegExp(source.source), flags);
  compiled.set(source, pattern);
  return pattern;
}
