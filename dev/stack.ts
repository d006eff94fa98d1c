import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { migrateUp } from '../migrations/migrate';
import { startChild, untilReady, type Child, type Log } from './child-process';
import { freePorts, requirePort } from './ports';
import { startPostgres } from './postgres';
import { seed, type Seeded } from './seed';
import { DISPATCH_TASK_QUEUE } from '../workflows/ids';
import { startTemporalServer } from './temporal-server';

/** A whole product on this machine, each part its own process. */
export interface Stack {
  readonly apiUrl: string;
  readonly databaseUrl: string;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string | undefined;
  };
  readonly simulatorUrl: string;
  readonly pids: Readonly<Partial<Record<PartName, number>>>;
  readonly seeded: Seeded;
  readonly parts: Readonly<Partial<Record<PartName, Child>>>;
  /** Resolves with the name of the first part that ends by itself. */
  readonly fallen: Promise<PartName>;
  stop(): Promise<void>;
}

export const PART_NAMES = ['postgres', 'temporal', 'simulator', 'worker', 'api'] as const;
export type PartName = (typeof PART_NAMES)[number];

export interface StackOptions {
  /** Environment of our processes beyond what the stack sets; its own `TEMPORAL_ADDRESS` and `DATABASE_URL` are used. */
  readonly env: NodeJS.ProcessEnv;
  /** Where data and plain credentials stay between runs; absent: nothing stays. */
  readonly folder?: string;
  /** Fixed ports; absent: free ones. */
  readonly ports?: StackPorts;
  /** What an earlier run made; absent: everything is made anew. */
  readonly known?: { readonly seeded: Seeded; readonly secretsKeys: string };
  /** Hears what is being done. */
  readonly log: Log;
  /** Hears every line the processes write. */
  readonly onLine?: (part: PartName, line: string) => void;
  /** Folder of the compiled code, default the one this file was compiled into. */
  readonly dist?: string;
  /** Other scripts than the compiled ones for a part, such as one that dies at a given point. */
  readonly scripts?: Readonly<Partial<Record<PartName, string>>>;
  /** Further arguments of the simulator. */
  readonly simulatorArgs?: readonly string[];
}

export interface StackPorts {
  readonly api: number;
  readonly postgres: number;
  readonly temporal: number;
  readonly temporalUi: number;
  readonly simulator: number;
}

/** The variables that choose the ports of the development stack. */
export const PORT_VARIABLES: Readonly<Record<keyof StackPorts, string>> = {
  api: 'API_PORT',
  postgres: 'DEV_POSTGRES_PORT',
  temporal: 'DEV_TEMPORAL_PORT',
  temporalUi: 'DEV_TEMPORAL_UI_PORT',
  simulator: 'DEV_SIMULATOR_PORT',
};

const DIST = join(__dirname, '..');
const READY_MS = 30_000;
/** The server's number of that kind of queue. */
const WORKFLOW_TASKS = 1;

/** Starts every part in order; what had started is stopped again when a later one fails. */
export async function startStack(options: StackOptions): Promise<Stack & { secretsKeys: string }> {
  const started: { stop(): Promise<unknown> }[] = [];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).toReversed()) {
      await part.stop();
    }
  };
  try {
    return await startParts(options, started, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: StackOptions,
  started: { stop(): Promise<unknown> }[],
  stop: () => Promise<void>,
): Promise<Stack & { secretsKeys: string }> {
  const { env, log } = options;
  const ports = options.ports ?? (await chooseFreePorts());
  if (options.ports !== undefined) {
    await requirePorts(options);
  }
  const postgres = await ownPostgres(options, ports);
  started.push(...(postgres.part ? [postgres.part] : []));
  log('Applying migrations');
  await migrateUp(postgres.url);
  const temporal = await ownTemporal(options, ports);
  started.push(...(temporal.part ? [temporal.part] : []));
  const simulatorUrl = `http://127.0.0.1:${ports.simulator}`;
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const secretsKeys = options.known?.secretsKeys ?? `dev:${randomBytes(32).toString('base64')}`;
  const seeded =
    options.known?.seeded ?? (await seed({ databaseUrl: postgres.url, secretsKeys, simulatorUrl }));
  const childEnv = {
    OUTBOUND_ALLOW: '127.0.0.0/8',
    SHUTDOWN_DELAY_MS: '0',
    ...env,
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    SECRETS_KEYS: secretsKeys,
    API_HOST: '127.0.0.1',
    API_PORT: String(ports.api),
    PUBLIC_URL: env.PUBLIC_URL ?? apiUrl,
  };
  log('Starting simulator, worker and API');
  const start = async (name: PartName, script: string, args: readonly string[] = []) => {
    const child = await startNode(options, childEnv, name, script, args);
    started.push(child);
    return child;
  };
  const simulator = await start('simulator', 'dev/simulator/main.js', [
    '--port',
    String(ports.simulator),
    '--receiver-secret',
    seeded.application.signatureSecret,
    ...(options.simulatorArgs ?? []),
  ]);
  const worker = await start('worker', 'worker/main.js');
  const api = await start('api', 'api/main.js');
  await untilReady(simulator, READY_MS, () => answers(`${simulatorUrl}/health`));
  await untilReady(api, READY_MS, () => answers(`${apiUrl}/readyz`));
  await untilReady(worker, READY_MS, () => isPolled(temporal));
  const parts = {
    ...(postgres.part && { postgres: postgres.part.child }),
    ...(temporal.part && { temporal: temporal.part.child }),
    simulator,
    worker,
    api,
  };
  return {
    apiUrl,
    simulatorUrl,
    seeded,
    secretsKeys,
    stop,
    parts,
    databaseUrl: postgres.url,
    temporal: {
      address: temporal.address,
      namespace: temporal.namespace,
      uiUrl: temporal.part?.uiUrl,
    },
    pids: Object.fromEntries(Object.entries(parts).map(([name, child]) => [name, child.pid])),
    fallen: Promise.race(
      Object.entries(parts).map(([name, child]) => child.exited.then(() => name as PartName)),
    ),
  };
}

async function chooseFreePorts(): Promise<StackPorts> {
  const [api = 0, postgres = 0, temporal = 0, temporalUi = 0, simulator = 0] = await freePorts(5);
  return { api, postgres, temporal, temporalUi, simulator };
}

async function requirePorts({ ports, env }: StackOptions): Promise<void> {
  for (const [name, port] of Object.entries(ports ?? {})) {
    const given =
      (name === 'postgres' && env.DATABASE_URL !== undefined) ||
      (name.startsWith('temporal') && env.TEMPORAL_ADDRESS !== undefined);
    if (!given) {
      await requirePort({ port, name, variable: PORT_VARIABLES[name as keyof StackPorts] });
    }
  }
}

async function ownPostgres(options: StackOptions, ports: StackPorts) {
  const { env, folder, log } = options;
  if (env.DATABASE_URL !== undefined) {
    return { url: env.DATABASE_URL };
  }
  log('Starting Postgres');
  const part = await startPostgres({
    port: ports.postgres,
    database: 'dispatch',
    ...(folder !== undefined && { dataDir: join(folder, 'postgres') }),
    ...(options.known === undefined && { fresh: true }),
  });
  return { url: part.url, part };
}

async function ownTemporal(options: StackOptions, ports: StackPorts) {
  const { env, folder, log } = options;
  const namespace = env.TEMPORAL_NAMESPACE ?? 'default';
  if (env.TEMPORAL_ADDRESS !== undefined) {
    return { address: env.TEMPORAL_ADDRESS, namespace };
  }
  log('Starting Temporal');
  const part = await startTemporalServer({
    log,
    namespace,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    ...(folder !== undefined && { databaseFile: join(folder, 'temporal.db') }),
  });
  return { address: part.address, namespace: part.namespace, part };
}

function startNode(
  options: StackOptions,
  env: NodeJS.ProcessEnv,
  name: PartName,
  script: string,
  args: readonly string[],
): Promise<Child> {
  const { onLine } = options;
  return startChild({
    name,
    command: process.execPath,
    args: [options.scripts?.[name] ?? join(options.dist ?? DIST, script), ...args],
    env,
    graceMs: 32_000,
    ...(onLine && { onLine: (line: string) => onLine(name, line) }),
  });
}

/** Whether a worker asks the server for dispatches. */
async function isPolled(temporal: { address: string; namespace: string }): Promise<boolean> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: temporal.namespace,
      taskQueue: { name: DISPATCH_TASK_QUEUE },
      taskQueueType: WORKFLOW_TASKS,
    });
    return (pollers ?? []).length > 0;
  } finally {
    await connection.close();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
