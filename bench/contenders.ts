/** Who is measured: the product with all its parts, and the bare workflow beside it, on the same Temporal server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, untilReady, type Log } from '../dev/child-process';
import { freePort } from '../dev/ports';
import { startStack, type Stack } from '../dev/stack';

/** What is loaded, and whose CPU is its cost. */
export interface Contender {
  readonly name: 'bare' | 'ours';
  readonly url: string;
  readonly authorization: string;
  /** Process ids by the name of the part. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface Arena {
  readonly bare: Contender;
  readonly ours: Contender;
  readonly stack: Stack;
  /** The process that calls, takes messages and receives callbacks. */
  readonly outside: { readonly url: string; readonly pid: number };
  stop(): Promise<void>;
}

const READY_MS = 60_000;

/** Everything on this machine, on free ports and on disk, as an installation has it. */
export async function startArena(log: Log): Promise<Arena> {
  const folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-bench-'));
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const stack = await startProduct(folder, log);
    return await startBare(stack, clean, log).catch(async (error: unknown) => {
      await stack.stop();
      throw error;
    });
  } catch (error) {
    await clean();
    throw error;
  }
}

function startProduct(folder: string, log: Log): Promise<Stack> {
  return startStack({
    log,
    folder,
    env: {
      ...process.env,
      LOG_LEVEL: 'warn',
      RATE_LIMIT_PER_KEY: '0',
      DISPATCH_MIN_EXPIRY_SECONDS: '2',
    },
    scripts: { simulator: join(__dirname, 'outside', 'main.js') },
    onLine: (part, line) => log(`  ${part}: ${wordsOf(line)}`),
  });
}

/** Of a log line its text: a stack under load warns at length. */
function wordsOf(line: string): string {
  const { 1: message } = /"msg":"([^"]*)"/.exec(line) ?? [];
  return message ?? line;
}

async function startBare(stack: Stack, clean: () => Promise<void>, log: Log): Promise<Arena> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { address, namespace } = stack.temporal;
  log('Starting the bare workflow');
  const child = await startChild({
    name: 'bare',
    command: process.execPath,
    args: [join(__dirname, 'bare', 'main.js'), `--port=${port}`, `--outside=${stack.simulatorUrl}`],
    env: { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    onLine: (line) => log(`  bare: ${line}`),
  });
  await untilReady(child, READY_MS, () => answers(`${url}/health`));
  const { api = 0, worker = 0, temporal = 0, postgres = 0, simulator = 0 } = stack.pids;
  const { apiKey, apiSecret } = stack.seeded.basic;
  return {
    stack,
    bare: {
      name: 'bare',
      url: `${url}/dispatch`,
      authorization: 'none',
      parts: { app: child.pid, temporal },
    },
    ours: {
      name: 'ours',
      url: `${stack.apiUrl}/v0.1/dispatch`,
      authorization: `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`,
      parts: { api, worker, temporal, postgres },
    },
    outside: { url: stack.simulatorUrl, pid: simulator },
    stop: async () => {
      await child.stop();
      await stack.stop();
      await clean();
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
