/** Recorded histories, and what this build makes of them. Needs no server. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { historyFromJSON, type History } from '@temporalio/common/lib/proto-utils';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type ReplayWorkerOptions,
} from '@temporalio/worker';

export interface NamedHistory {
  /** What messages call it: its file. */
  readonly name: string;
  readonly history: History;
}

export interface Replayed {
  readonly name: string;
  /** The first thing this build does otherwise; absent: it replays. */
  readonly mismatch?: string;
}

/** What the library would log about a mismatch, callers tell themselves. Before anything else of the library. */
export function silenceLibrary(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
}

/** Files as they are named; of folders every `*.json` below them. In order. */
export async function findHistoryFiles(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(filesUnder));
  return found.flat();
}

async function filesUnder(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) {
    return [path];
  }
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => join(path, name));
}

/** Reads what the Web UI downloads, `temporal workflow show --output json` prints, or `historyToJSON` makes. */
export async function readHistory(file: string): Promise<NamedHistory> {
  return { name: file, history: parseHistory(JSON.parse(await readFile(file, 'utf8'))) };
}

/** Throws for what is no history, or one whose payloads were decoded at the export: they cannot be replayed. */
export function parseHistory(json: unknown): History {
  const history = Array.isArray(json) ? { events: json } : json;
  if (hasDecodedPayloads(history)) {
    throw new Error('its payloads are decoded: export it again without decoding');
  }
  const parsed = historyFromJSON(history);
  if (parsed.events?.length === 0) {
    throw new Error('it has no events');
  }
  return parsed;
}

/** An encoded payload is an object with metadata and base64 data. */
function hasDecodedPayloads(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return Object.entries(value).some(([key, child]: [string, unknown]) =>
    key === 'payloads' && Array.isArray(child)
      ? !child.every(isEncodedPayload)
      : hasDecodedPayloads(child),
  );
}

function isEncodedPayload(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'metadata' in payload;
}

/** Replays one after the other; each result comes as soon as it is known. */
export async function* replayHistories(
  options: ReplayWorkerOptions,
  histories: readonly NamedHistory[],
): AsyncGenerator<Replayed> {
  const named = histories.map(({ name, history }) => ({ workflowId: name, history }));
  for await (const { workflowId: name, error } of Worker.runReplayHistories(options, named)) {
    yield error === undefined ? { name } : { name, mismatch: error.message };
  }
}
