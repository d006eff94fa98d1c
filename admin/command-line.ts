import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError, type Command } from 'commander';
import { isUuid } from '../store/ids';
import type { AdminContext } from './context';

/** What a command answers: printed as JSON or as text, and whether it found everything in order. */
export interface Answer {
  readonly value: unknown;
  /** Said beside the answer, on the error stream. */
  readonly note?: string;
  readonly isRight?: boolean;
}

/** Runs the work of one command with an open context and prints its answer. */
export type Runner = (work: (context: AdminContext) => Promise<Answer>) => Promise<void>;

export const SHOWN_ONCE = 'Keep the secret now: it is not shown again.';

/** Reads an option or argument that is an id; anything else is a mistake in the command. */
export function uuid(value: string): string {
  if (!isUuid(value)) {
    throw new InvalidArgumentError('It is no id (a UUID).');
  }
  return value.toLowerCase();
}

/** A noun: its verbs are added to what is returned. */
export function noun(program: Command, name: string, description: string): Command {
  return program.command(name).description(description);
}

/** A verb whose rows belong to a tenant. */
export function tenantVerb(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .requiredOption('--tenant <id>', 'whose it is', uuid);
}

/** The text of a file, or of the standard input for `-`. */
export async function readInput(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (cause) {
    throw new InvalidArgumentError(`The file ${path} cannot be read: ${(cause as Error).message}`);
  }
}
