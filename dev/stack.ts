import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrateUp } from '../migrations/migrate';
import { startChild, untilReady, type Child, type Log } from './child-process';
import { freePorts, requirePort } from './ports';
import { isPolled, ownPostgres, ownTemporal, type Servers } from './servers';
import { seed, type Seeded } from './seed';

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

/** A stack and the key ring it was started with. */
export type StartedStack = Stack & { readonly secretsKeys: string };

/** Starts every part in order; what had started is stopped again when a later one fails. */
export async function startStack(options: StackOptions): Promise<StartedStack> {
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
): Promise<StartedStack> {
  const { log } = options;
  const ports = options.ports ?? (await chooseFreePorts());
  if (options.ports !== undefined) {
    await requirePorts(options);
  }
  const postgres = await ownPostgres(options, ports.postgres);
  started.push(...postgres.parts);
  log('Applying migrations');
  await migrateUp(postgres.url);
  const temporal = await ownTemporal(options, ports);
  started.push(...temporal.parts);
  const servers = { postgres, temporal };
  const setup = await prepare(options, servers, ports);
  log('Starting simulator, worker and API');
  const children = await startProcesses(options, setup, started);
  return { ...describe(servers, setup, children), secretsKeys: setup.secretsKeys, stop };
}

function describe(
  { postgres, temporal }: Servers,
  { apiUrl, simulatorUrl, seeded }: Setup,
  children: Readonly<Partial<Record<PartName, Child>>>,
): Omit<Stack, 'stop'> {
  const own = [
    ...postgres.parts.map(({ child }) => ['postgres', child] as const),
    ...temporal.parts.map(({ child }) => ['temporal', child] as const),
  ];
  const parts = { ...Object.fromEntries(own), ...children };
  const { address, namespace, uiUrl } = temporal;
  return {
    apiUrl,
    simulatorUrl,
    seeded,
    parts,
    databaseUrl: postgres.url,
    temporal: { address, namespace, uiUrl },
    pids: Object.fromEntries(Object.entries(parts).map(([name, child]) => [name, child.pid])),
    fallen: Promise.race(
      Object.entries(parts).map(([name, child]) => child.exited.then(() => name as PartName)),
    ),
  };
}

/** What the processes are started with. */
interface Setup {
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  readonly seeded: Seeded;
  readonly secretsKeys: string;
  readonly temporal: Servers['temporal'];
  readonly env: NodeJS.ProcessEnv;
  readonly simulatorArgs: readonly string[];
}

async function prepare(
  options: StackOptions,
  { postgres, temporal }: Servers,
  ports: StackPorts,
): Promise<Setup> {
  const { env, known } = options;
  const simulatorUrl = `http://127.0.0.1:${ports.simulator}`;
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const secretsKeys = known?.secretsKeys ?? `dev:${randomBytes(32).toString('base64')}`;
  const databaseUrl = postgres.url;
  const seeded = known?.seeded ?? (await seed({ databaseUrl, secretsKeys, simulatorUrl }));
  return {
    apiUrl,
    simulatorUrl,
    seeded,
    secretsKeys,
    temporal,
    simulatorArgs: [
      '--port',
      String(ports.simulator),
      '--receiver-secret',
      seeded.application.signatureSecret,
      ...(options.simulatorArgs ?? []),
    ],
    env: {
      OUTBOUND_ALLOW: '127.0.0.0/8',
      SHUTDOWN_DELAY_MS: '0',
      PUBLIC_URL: apiUrl,
      ...env,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      SECRETS_KEYS: secretsKeys,
      API_HOST: '127.0.0.1',
      API_PORT: String(ports.api),
    },
  };
}

async function startProcesses(
  options: StackOptions,
  setup: Setup,
  started: { stop(): Promise<unknown> }[],
): Promise<{ simulator: Child; worker: Child; api: Child }> {
  const start = async (name: PartName, script: string, args: readonly string[] = []) => {
    const { onLine, dist = DIST, scripts } = options;
    const child = await startChild({
      name,
      command: process.execPath,
      args: [scripts?.[name] ?? join(dist, script), ...args],
      env: setup.env,
      graceMs: 32_000,
      ...(onLine && { onLine: (line: string) => onLine(name, line) }),
    });
    started.push(child);
    return child;
  };
  const simulator = await start('simulator', 'dev/simulator/main.js', setup.simulatorArgs);
  const worker = await start('worker', 'worker/main.js');
  const api = await start('api', 'api/main.js');
  await untilReady(simulator, READY_MS, () => answers(`${setup.simulatorUrl}/health`));
  await untilReady(api, READY_MS, () => answers(`${setup.apiUrl}/readyz`));
  await untilReady(worker, READY_MS, () => isPolled(setup.temporal));
  return { simulator, worker, api };
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

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
