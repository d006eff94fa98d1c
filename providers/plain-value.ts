/** Limits of what an expression may give: values, and characters of all texts together. */
const VALUES_MAX = 50_000;
const CHARACTERS_MAX = 1_048_576;
const DEPTH_MAX = 50;

interface Budget {
  values: number;
  characters: number;
}

/**
 * Copies what JSONata gave into plain data: its sequences are arrays with marks, its functions are nothing to send.
 * Throws when the result is larger or deeper than anything a provider takes; shared parts count each time.
 */
export function plainValue(value: unknown): unknown {
  return copied(value, { values: VALUES_MAX, characters: CHARACTERS_MAX }, 0);
}

function copied(value: unknown, budget: Budget, depth: number): unknown {
  spend(budget, value);
  if (depth > DEPTH_MAX) {
    throw new RangeError('the result is too deep');
  }
  if (typeof value === 'function') {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Array.isArray(value)
    ? value.map((item) => copied(item, budget, depth + 1) ?? null)
    : copiedObject(value, budget, depth);
}

function spend(budget: Budget, value: unknown): void {
  budget.values -= 1;
  budget.characters -= typeof value === 'string' ? value.length : 0;
  if (budget.values < 0 || budget.characters < 0) {
    throw new RangeError('the result is too large');
  }
}

function copiedObject(value: object, budget: Budget, depth: number): unknown {
  if ('_jsonata_function' in value || '_jsonata_lambda' in value) {
    return undefined;
  }
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    spend(budget, key);
    const plain = copied(item, budget, depth + 1);
    if (plain !== undefined) {
      entries.push([key, plain]);
    }
  }
  return Object.fromEntries(entries);
}

/** Whether a value is an object with keys, neither array nor null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
