import { z } from 'zod';
import type { Failover } from '../domain/dispatch';
import { CONDITIONS, EXPIRY_SECONDS } from '../domain/vocabulary';
import type { Faults } from './faults';

/** One schema per lower limit; the limit is configuration, so there is one of them. */
const SCHEMAS = new Map<number, z.ZodType<Failover>>();

/** A step's `failover` and where it stands. */
export interface FailoverPlace {
  readonly value: unknown;
  readonly path: string;
  readonly isLast: boolean;
}

/** Reads `failover`: every message but the last must have one, the last must not. Null counts as absent. */
export function readFailover(
  faults: Faults,
  place: FailoverPlace,
  minExpirySeconds: number,
): Failover | undefined {
  const missing = place.value === undefined || place.value === null;
  if (place.isLast) {
    if (!missing) {
      faults.add(place.path, 'must not be on the last message: nothing comes after it');
    }
    return undefined;
  }
  if (missing) {
    faults.add(place.path, 'is required on every message but the last');
    return undefined;
  }
  return faults.read(schemaFor(minExpirySeconds), place.value, place.path);
}

function schemaFor(minExpirySeconds: number): z.ZodType<Failover> {
  const known = SCHEMAS.get(minExpirySeconds);
  if (known !== undefined) {
    return known;
  }
  const schema = z
    .object({ expiry_time: expiryTime(minExpirySeconds), condition_status: z.enum(CONDITIONS) })
    .transform((body) => ({
      condition: body.condition_status,
      expirySeconds: body.expiry_time,
    }));
  SCHEMAS.set(minExpirySeconds, schema);
  return schema;
}

/** Whole seconds; official samples send them as a string of digits. */
function expiryTime(min: number): z.ZodType<number> {
  const { max } = EXPIRY_SECONDS;
  const reason = `must be a whole number of seconds from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value),
    z
      .number({
        error: ({ input }) => (input === undefined || input === null ? 'is required' : reason),
      })
      .refine((value) => Number.isInteger(value) && value >= min && value <= max, reason),
  );
}
