import { DomainError } from '../domain/errors';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether Postgres takes the text as a uuid: what is none names no row, and must not fail a statement. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The row, or `not_found`: said of what is missing and of what belongs to another tenant alike. */
export function found<Row>(row: Row | undefined, what: string): Row {
  if (row === undefined) {
    throw new DomainError('not_found', `There is no such ${what}.`);
  }
  return row;
}

/** Throws `invalid_input` naming the field, unless `isRight`. */
export function requireThat(isRight: boolean, name: string, reason: string): void {
  if (!isRight) {
    throw new DomainError('invalid_input', `${name} ${reason}`, { parameters: [{ name, reason }] });
  }
}
