/** A stack whose API and worker can be killed at a named point or at any time, and are started again by themselves. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AtFaultPoint } from '../../activities/faults';
import type { AtAcceptPoint } from '../../api/faults';
import type { Dial } from '../../dev/simulator/dials';
import { startStack, type Stack } from '../../dev/stack';
import type { UnknownPolicy } from '../../domain/vocabulary';
import { afterFile } from './after-file';
import { onServer } from './template-database';
import { startTestStack } from './stack';
import { until } from './until';

/** Points of the protocols, and two between a commit and what follows it. */
export type CrashPoint =
  | Parameters<AtFaultPoint>[0]
  | Parameters<AtAcceptPoint>[0]
  | 'receipt.committed'
  | 'callback.posted';

export type CrashRole = 'api' | 'worker';

/** Bugs of `crash/planted.cjs`. */
export type PlantedBug = 'no-fence' | 'new-webhook-id' | 'early-answer' | 'no-dedupe' | 'no-start';

export interface ArmedPoint {
  /** Resolves once the signal was given. */
  fired(): Promise<void>;
}

export interface CrashStack {
  readonly stack: Stack;
  /** Next time that `arrivals` (default 1) runs stand at `point`, their process gives itself `signal` (default SIGKILL). */
  arm(
    point: CrashPoint,
    options?: { arrivals?: number; signal?: 'SIGKILL' | 'SIGSTOP' },
  ): Promise<ArmedPoint>;
  pidOf(role: CrashRole): Promise<number>;
  /** Kills a process where it stands; nothing happens when it has just died. */
  kill(role: CrashRole): Promise<void>;
  /** Starts one more worker beside the present one; resolves with its process id. */
  addWorker(): Promise<number>;
  plant(bug: PlantedBug): Promise<void>;
  uproot(bug: PlantedBug): Promise<void>;
  setDials(...dials: readonly Dial[]): Promise<void>;
}

const SCRIPTS = {
  api: join(process.cwd(), 'test/support/crash/supervised-api.cjs'),
  worker: join(process.cwd(), 'test/support/crash/supervised-worker.cjs'),
};

export interface CrashStackOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Servers of the file's own, which it stops and starts; absent: those of the run. */
  readonly servers?: { readonly databaseUrl: string; readonly temporalAddress: string };
}

/** For `beforeAll`. Stops after the file. */
export async function startCrashStack(options: CrashStackOptions = {}): Promise<CrashStack> {
  const folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-crash-'));
  afterFile(() => rm(folder, { recursive: true, force: true }));
  const env = { CRASH_FOLDER: folder, ...options.env };
  const stack =
    options.servers === undefined
      ? await startTestStack({ env, scripts: SCRIPTS })
      : await startOnServers(options.servers, env);
  return { stack, ...controls(stack, folder) };
}

async function startOnServers(
  servers: NonNullable<CrashStackOptions['servers']>,
  env: NodeJS.ProcessEnv,
): Promise<Stack> {
  const stack = await startStack({
    env: {
      ...process.env,
      LOG_LEVEL: 'warn',
      DISPATCH_MIN_EXPIRY_SECONDS: '1',
      RATE_LIMIT_PER_KEY: '0',
      ...env,
      DATABASE_URL: servers.databaseUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress,
    },
    dist: join(process.cwd(), 'dist'),
    scripts: SCRIPTS,
    log: () => undefined,
  });
  afterFile(() => stack.stop());
  return stack;
}

function controls(stack: Stack, folder: string): Omit<CrashStack, 'stack'> {
  const pidOf = async (role: CrashRole): Promise<number> =>
    Number(await readFile(join(folder, `${role}.pid`), 'utf8'));
  return {
    pidOf,
    arm: async (point, { arrivals = 1, signal = 'SIGKILL' } = {}) => {
      const file = join(folder, point);
      await rm(`${file}.fired`, { force: true });
      await writeFile(file, JSON.stringify({ arrivals, signal }));
      return {
        fired: async () => {
          const what = `a process at ${point}`;
          await until(() => existsSync(`${file}.fired`), { timeoutMs: 30_000, what });
        },
      };
    },
    kill: async (role) => signal(await pidOf(role), 'SIGKILL'),
    addWorker: async () => {
      const before = await pidOf('worker');
      stack.parts.worker?.kill('SIGUSR2');
      return until(
        async () => {
          const now = await pidOf('worker');
          return now === before ? undefined : now;
        },
        { what: 'another worker' },
      );
    },
    plant: (bug) => writeFile(join(folder, `planted.${bug}`), ''),
    uproot: (bug) => rm(join(folder, `planted.${bug}`)),
    setDials: async (...dials) => {
      const answer = await fetch(`${stack.simulatorUrl}/dials`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(dials),
      });
      expect(answer.status).toBe(200);
    },
  };
}

/** Waits until the API, which has just been killed, answers again. */
export async function untilApiUp({ stack }: CrashStack): Promise<void> {
  const isReady = (): Promise<boolean> =>
    fetch(`${stack.apiUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isReady, { timeoutMs: 30_000, what: 'an API that is ready' });
}

/** Sends a signal; a process that is gone has none to get. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It died by itself a moment ago.
  }
}

/** What the account of a channel does when nobody knows whether the provider took the message. */
export const POLICY_CHANNELS = {
  wait: 'sms',
  fail_over: 'whatsapp',
  resend: 'viber_service_msg',
  native: 'mms',
} as const;
export type PolicyName = keyof typeof POLICY_CHANNELS;

/** Gives each policy an account of its own, with the shortest provider call there is. */
export async function setPolicies({ stack, setDials }: CrashStack): Promise<void> {
  const policies: [string, UnknownPolicy][] = [
    [POLICY_CHANNELS.wait, 'wait'],
    [POLICY_CHANNELS.fail_over, 'fail_over'],
    [POLICY_CHANNELS.resend, 'resend'],
  ];
  await onServer(stack.databaseUrl, async (client) => {
    await client.query('update dispatch_configs set timeout_ms = 1000');
    for (const [channel, policy] of policies) {
      await client.query('update dispatch_configs set on_unknown = $2 where channel = $1', [
        channel,
        policy,
      ]);
    }
    await client.query(
      `update channel_definitions set capabilities = capabilities || '{"idempotency": "native"}' where channel = $1`,
      [POLICY_CHANNELS.native],
    );
  });
  await setDials({ name: 'native', channel: POLICY_CHANNELS.native, nativeIdempotency: true });
}
