import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { parseHistory, replayHistories } from '../../dev/replay-histories';
import { afterFile } from '../support/after-file';
import { givenCommands, recordedCommands } from './commands';
import { startOf, type Recorded } from './corpus';

const QUIET = new DefaultLogger('ERROR', () => undefined);

/** What a replay with our eyes on it has seen. */
export interface Seen {
  readonly name: string;
  /** Commands as they were given. */
  readonly given: readonly object[];
  /** The first thing that goes otherwise than recorded; absent: everything is the same. */
  readonly mismatch?: string;
}

export type Replayer = (histories: readonly Recorded[]) => Promise<readonly Seen[]>;

/** Replays with an interceptor in the bundle, and compares every command with what was recorded. */
export async function createReplayer(): Promise<Replayer> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(process.cwd(), 'workflows', 'index.ts'),
    workflowInterceptorModules: [require.resolve('./command-log')],
    logger: QUIET,
  });
  const folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-replay-'));
  afterFile(() => rm(folder, { recursive: true, force: true }));
  const codePath = join(folder, 'workflows.js');
  await writeFile(codePath, code);
  return (histories) => replayAndCompare(codePath, histories);
}

async function replayAndCompare(
  codePath: string,
  histories: readonly Recorded[],
): Promise<readonly Seen[]> {
  const given = new Map<string, object[]>(histories.map(({ name }) => [name, []]));
  const write = {
    fn: ({ workflowId }: { workflowId: string }, commands: readonly object[]) =>
      void given.get(workflowId)?.push(...commands),
    callDuringReplay: true,
  };
  const options = { workflowBundle: { codePath }, sinks: { commands: { write } } };
  const named = histories.map(({ name, history }) => ({ name, history: parseHistory(history) }));
  const replayed = new Map<string, string | undefined>();
  for await (const { name, mismatch } of replayHistories(options, named)) {
    replayed.set(name, mismatch);
  }
  return histories.map((recorded) => {
    const commands = given.get(recorded.name) ?? [];
    const mismatch = replayed.get(recorded.name) ?? firstDifference(recorded, commands);
    return {
      name: recorded.name,
      given: commands,
      ...(mismatch === undefined ? {} : { mismatch }),
    };
  });
}

function firstDifference({ history }: Recorded, given: readonly object[]): string | undefined {
  const recorded = recordedCommands(history);
  const now = givenCommands(given, startOf(history).queue);
  for (let index = 0; index < Math.max(recorded.length, now.length); index += 1) {
    if (!isDeepStrictEqual(plain(recorded[index]), plain(now[index]))) {
      return `command ${index + 1}: recorded ${show(recorded[index])}, now ${show(now[index])}`;
    }
  }
  return undefined;
}

/** Keys without a value count as absent. */
function plain(command: unknown): unknown {
  return command === undefined ? undefined : (JSON.parse(JSON.stringify(command)) as unknown);
}

function show(command: unknown): string {
  return JSON.stringify(command) ?? 'nothing';
}
