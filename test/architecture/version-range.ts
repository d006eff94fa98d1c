/** As much of npm's version ranges as `engines` fields use; throws at what it does not know. */

type Version = readonly [number, number, number];

export function accepts(range: string, version: string): boolean {
  const wanted = versionFrom(version);
  return range.split('||').some((alternative) => {
    const comparators = alternative
      .trim()
      .replaceAll(/([<>=^~]) +/g, '$1')
      .split(/ +/);
    return comparators.every((comparator) => holds(comparator, wanted));
  });
}

type Comparison = (version: Version, bound: Version) => boolean;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '>=': (version, bound) => compare(version, bound) >= 0,
  '<=': (version, bound) => compare(version, bound) <= 0,
  '>': (version, bound) => compare(version, bound) > 0,
  '<': (version, bound) => compare(version, bound) < 0,
  '^': (version, bound) => compare(version, bound) >= 0 && version[0] === bound[0],
};

function holds(comparator: string, version: Version): boolean {
  const parts = /^(>=|<=|>|<|=|\^|~|)v?([\dx*]+(?:\.[\dx*]+){0,2})$/.exec(comparator);
  if (!parts) {
    throw new Error(`unknown version range: ${comparator}`);
  }
  const [, operator = '', text = ''] = parts;
  const comparison = COMPARISONS[operator];
  return comparison
    ? comparison(version, versionFrom(text))
    : isWithin(version, text, operator === '~' ? 2 : 3);
}

/** Whether the first parts are equal; a part that is missing, `x` or `*` stands for any. */
function isWithin(version: Version, text: string, parts: number): boolean {
  return text
    .split('.')
    .slice(0, parts)
    .every((part, index) => /^[x*]$/.test(part) || Number(part) === version[index]);
}

function versionFrom(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map((part) => Number(part) || 0);
  return [major, minor, patch];
}

function compare(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
