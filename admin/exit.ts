import { CommanderError, InvalidArgumentError } from 'commander';
import { DomainError } from '../domain/errors';
import { CONFIG_EXIT_CODE, ConfigError } from '../runtime/config';
import { KeyRingError } from '../store/key-ring';

/** 0 done; 1 refused or failed; 2 the command is spelled wrong; 78 the settings are not usable. */
export const EXIT = { done: 0, refused: 1, usage: 2, config: CONFIG_EXIT_CODE } as const;

/** How a command ended: its exit code, and what is said if nobody has said it yet. */
export interface Ending {
  readonly code: number;
  readonly message?: string;
}

/** Postgres: the table does not exist. */
const UNDEFINED_TABLE = '42P01';

export function endingOf(error: unknown): Ending {
  if (error instanceof InvalidArgumentError) {
    return { code: EXIT.usage, message: error.message };
  }
  if (error instanceof CommanderError) {
    // Commander has printed its message, or the help that was asked for.
    return { code: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  }
  if (error instanceof ConfigError || error instanceof KeyRingError) {
    return { code: EXIT.config, message: error.message };
  }
  return { code: EXIT.refused, message: refusalOf(error) };
}

function refusalOf(error: unknown): string {
  if (error instanceof DomainError) {
    return error.message;
  }
  const { code } = error as { readonly code?: unknown };
  if (code === UNDEFINED_TABLE) {
    return 'The database has no schema yet, or an old one: run npm run migrate -- up';
  }
  return `Failed: ${reasonOf(error)}`;
}

/** A refused connection to several addresses has its reasons in a list and no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(reasonOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
