import type { z } from 'zod';
import { DomainError } from '../domain/errors';
import type { InvalidParameter } from '../domain/errors';

/** Faults one answer lists at most: nobody reads more, and an answer should not outgrow its request. */
const MAX_LISTED_FAULTS = 1_000;

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/** Collects every fault of a request under its full path, so that one answer tells them all. */
export class Faults {
  private readonly found: InvalidParameter[] = [];

  /** Notes that the parameter called `name` is wrong, and what to do about it. */
  add(name: string, reason: string): void {
    if (this.found.length < MAX_LISTED_FAULTS) {
      this.found.push({ name, reason });
    }
  }

  /** Reads `value` by `schema`. Faults are noted under `path`, and then the answer is undefined. */
  read<T>(schema: z.ZodType<T>, value: unknown, path: string): T | undefined {
    const result = schema.safeParse(value, { error: reasonOf });
    if (result.success) {
      return result.data;
    }
    for (const issue of result.error.issues) {
      this.add(pathOf(path, issue.path), issue.message);
    }
    return undefined;
  }

  /** Throws `invalid_input` with all faults, if there are any. */
  throwIfAny(): void {
    if (this.found.length > 0) {
      throw new DomainError('invalid_input', countedFaults(this.found.length), {
        parameters: this.found,
      });
    }
  }
}

/** The sentence that counts faults, as callers of Vonage know it. */
export function countedFaults(count: number): string {
  return `Found errors validating ${count} of your submitted parameters.`;
}

/** `workflow` and `[0, 'to']` make `workflow[0].to`. Names that are no plain words are quoted. */
export function pathOf(base: string, segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === 'number') {
      return `${path}[${segment}]`;
    }
    const name = String(segment);
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(name)) {
      return `${path}[${JSON.stringify(name.slice(0, 100))}]`;
    }
    return path === '' ? name : `${path}.${name}`;
  }, base);
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

/** Says what is wrong in words a person can act on. A schema's own message comes first. */
function reasonOf(issue: Issue): string | undefined {
  if (issue.input === undefined || issue.input === null) {
    return 'is required';
  }
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `must be ${String(issue.minimum)} or more`;
    case 'too_big':
      return `must be ${String(issue.maximum)} or less`;
    default:
      return undefined;
  }
}
