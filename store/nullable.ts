/** `undefined` is ours, `null` is Postgres'. */
export function orNull<T>(value: T | undefined): T | null {
  return value === undefined ? null : value;
}

/** JSON text for a jsonb place. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
