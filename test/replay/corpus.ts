/**
 * Histories that the product has really lived. `RECORD_HISTORIES=1 npx jest test/workflows` lives and records them anew:
 * after a change of the workflows that old runs cannot follow and that is not patched, because nothing runs yet.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decoded,
  eventsOfType,
  attributesOf,
  type HistoryJson,
  type PayloadJson,
} from './history-json';

export const HISTORIES = join(process.cwd(), 'test', 'replay', 'histories');

export interface Recorded {
  readonly name: string;
  readonly history: HistoryJson;
}

export function corpus(): readonly Recorded[] {
  return readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      history: JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as HistoryJson,
    }));
}

export interface Start {
  /** The type of the workflow. */
  readonly type: string;
  readonly queue: string;
  readonly input: unknown;
}

export function startOf(history: HistoryJson): Start {
  const [started] = eventsOfType(history, 'WORKFLOW_EXECUTION_STARTED');
  if (started === undefined) {
    throw new Error('a history without its start');
  }
  const { workflowType, taskQueue, input } = attributesOf(started) as {
    readonly workflowType: { readonly name: string };
    readonly taskQueue: { readonly name: string };
    readonly input: { readonly payloads: readonly PayloadJson[] };
  };
  return { type: workflowType.name, queue: taskQueue.name, input: decoded(input.payloads[0]) };
}
