/** Access lists of JWTs: `acl.paths` maps path patterns to rules. */

/** Longest list and pattern that are looked at; what is beyond opens nothing. */
const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 500;

/** Whether the claim `acl` lets this request pass. A token without the claim is not limited. */
export function aclAllows(acl: unknown, method: string, path: string): boolean {
  if (acl === undefined) {
    return true;
  }
  const paths = isRecord(acl) ? acl.paths : undefined;
  if (!isRecord(paths)) {
    return false;
  }
  return Object.entries(paths)
    .slice(0, MAX_PATTERNS)
    .some(([pattern, rule]) => ruleAllows(rule, method) && matchesPath(pattern, path));
}

/** A restriction that is not understood must not open anything: only `methods` is known. */
function ruleAllows(rule: unknown, method: string): boolean {
  if (!isRecord(rule)) {
    return false;
  }
  const { methods, ...unknown } = rule;
  if (Object.keys(unknown).length > 0) {
    return false;
  }
  return methods === undefined || (Array.isArray(methods) && methods.includes(method));
}

/** `*` stands for one segment or a part of one, `**` for any number of segments, also none. */
function matchesPath(pattern: string, path: string): boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return false;
  }
  return matchesWild({
    pattern: segmentsOf(pattern),
    text: segmentsOf(path),
    wild: '**',
    matches: matchesSegment,
  });
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function matchesSegment(pattern: string, segment: string): boolean {
  const matches = (wanted: string, found: string): boolean => wanted === found;
  return matchesWild({
    pattern: Array.from(pattern),
    text: Array.from(segment),
    wild: '*',
    matches,
  });
}

interface WildMatch {
  readonly pattern: readonly string[];
  readonly text: readonly string[];
  /** The part of the pattern that stands for any number of parts of the text. */
  readonly wild: string;
  readonly matches: (wanted: string, found: string) => boolean;
}

/** Wildcard match with one mark to return to: quadratic at worst, never exponential. */
function matchesWild({ pattern, text, wild, matches }: WildMatch): boolean {
  let wanted = 0;
  let found = 0;
  let mark: { wanted: number; found: number } | undefined;
  while (found < text.length) {
    const part = pattern[wanted];
    if (part === wild) {
      mark = { wanted, found };
      wanted += 1;
    } else if (part !== undefined && matches(part, text[found] ?? '')) {
      wanted += 1;
      found += 1;
    } else if (mark) {
      mark.found += 1;
      found = mark.found;
      wanted = mark.wanted + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(wanted).every((part) => part === wild);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
