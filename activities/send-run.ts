import type { SendContext } from '../store/attempts';
import type { ActivityDeps } from './deps';
import type { SendMessageInput } from './send-message';

/** One run of a send: its tools, what it was told, and what it found. */
export interface SendRun {
  readonly deps: ActivityDeps;
  readonly input: SendMessageInput;
  readonly context: SendContext;
}

/** What is left of the step's time for sending, in milliseconds, by Postgres' clock. */
export function leftMs({ input, context }: SendRun): number {
  return input.budgetMs - context.startedMsAgo;
}
