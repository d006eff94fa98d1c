/** Finds the `temporal` binary for the embedded server, or gets one. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from './child-process';
import { buildTemporalCli, downloadTemporalCli } from './temporal-install';

/** The newest version that `go install` takes: later ones have a `replace` in their go.mod. */
const TEMPORAL_CLI_VERSION = '1.5.1';

/** Puts a binary at `path`, or throws. */
export type Installer = (path: string, version: string, log: Log) => Promise<void>;

export interface FindTemporalCliOptions {
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Hears what takes long. */
  readonly log?: Log;
  /** Tried in order when nothing is found; default: the SDK's download, then `go install`. */
  readonly installers?: readonly Installer[];
}

/** The path of a binary that runs. What is installed lies in a cache of this user and version. */
export async function findTemporalCli(options: FindTemporalCliOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  if (env.TEMPORAL_CLI_PATH) {
    return givenBinary(env.TEMPORAL_CLI_PATH);
  }
  const cached = cachedPath(env);
  for (const path of [...pathCandidates(env), cached]) {
    if ((await problemWith(path)) === undefined) {
      return path;
    }
  }
  return install(cached, options);
}

/** Where an installed binary is kept. */
function cachedPath(env: NodeJS.ProcessEnv): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(cache, 'failover-dispatch', `temporal-${TEMPORAL_CLI_VERSION}`, 'temporal');
}

function pathCandidates(env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'temporal'));
}

/** Who names a binary means it: a wrong name is an error and not a reason to look elsewhere. */
async function givenBinary(path: string): Promise<string> {
  const problem = await problemWith(path);
  if (problem !== undefined) {
    throw new Error(`TEMPORAL_CLI_PATH names ${path}, which does not run: ${problem}`);
  }
  return path;
}

/** Why the binary cannot be used; undefined when it runs. */
async function problemWith(path: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function install(path: string, options: FindTemporalCliOptions): Promise<string> {
  const log = options.log ?? (() => undefined);
  const problems: string[] = [];
  await mkdir(join(path, '..'), { recursive: true });
  for (const installer of options.installers ?? [downloadTemporalCli, buildTemporalCli]) {
    try {
      await installer(path, TEMPORAL_CLI_VERSION, log);
      const problem = await problemWith(path);
      if (problem === undefined) {
        return path;
      }
      problems.push(problem);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(adviceAfter(problems));
}

function adviceAfter(problems: readonly string[]): string {
  return [
    'There is no Temporal server, and none could be installed:',
    ...problems.map((problem) => `  - ${problem}`),
    'Any one of these helps:',
    '  1. set TEMPORAL_ADDRESS to a Temporal server that runs',
    '  2. set TEMPORAL_CLI_PATH to a `temporal` binary',
    '  3. put `temporal` on PATH (https://docs.temporal.io/cli/setup-cli)',
    '  4. connect to the internet: the binary is then downloaded from temporal.download',
    `  5. install Go: it is then built by \`go install\` (version ${TEMPORAL_CLI_VERSION}, some minutes, once)`,
  ].join('\n');
}
