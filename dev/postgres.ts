/** The embedded Postgres: real binaries from npm, durable settings, loopback only. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Client } from 'pg';
import { startChild, untilReady, type Child } from './child-process';
import { freePort } from './ports';
import { isReachable, postgresBinDir, postgresUser, type OsUser } from './postgres-binaries';
import { prepareDataFolder, throwAwayFolder, type DataFolder } from './postgres-data';

export interface PostgresOptions {
  /** Where the data stays between runs. Absent: a new folder, removed by `stop()`. */
  readonly dataDir?: string;
  /** Removes what is in `dataDir` first. */
  readonly fresh?: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** Made if missing; the one that `url` names. Default `postgres`. */
  readonly database?: string;
  /** More settings, or other values for ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** As superuser; new for each data folder, so keep no copy. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where the data is, which for root may be another place than asked for. */
  readonly dataDir: string;
  /** The folder of `postgres` and `pg_ctl`. */
  readonly binDir: string;
  /** The process itself, for tests that kill it. */
  readonly child: Child;
  /** Waits for no client; removes a throw-away folder. */
  stop(): Promise<void>;
}

/** Every user may enter it, and unlike `/tmp` it outlives a reboot. */
const OPEN_FOLDER = '/var/tmp';
const START_TIMEOUT_MS = 60_000;
/** How long backends of a killed postmaster may take to notice and let go of its memory, in milliseconds. */
const ORPHANS_TIMEOUT_MS = 10_000;

/** The durability a production database has, so that what tests and demo show is true there. */
const SETTINGS = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  listen_addresses: '127.0.0.1',
  // Without a socket file a killed run leaves no lock behind that stops the next one.
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
};

export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const user = await postgresUser();
  const folder: DataFolder = {
    binDir: await postgresBinDir(user),
    dataDir: await (options.dataDir ? keptDataDir(options, user) : throwAwayDataDir(user)),
    user,
  };
  const cleanUp = async (): Promise<void> => {
    if (!options.dataDir) {
      await rm(dirname(folder.dataDir), { recursive: true, force: true });
    }
  };
  try {
    return await startOn(folder, options, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function startOn(
  folder: DataFolder,
  options: PostgresOptions,
  cleanUp: () => Promise<void>,
): Promise<EmbeddedPostgres> {
  const password = await prepareDataFolder(folder);
  const port = options.port ?? (await freePort());
  const urlOf = (database: string): string =>
    `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
  const child = await startServer(folder, { ...options, port }, urlOf('postgres'));
  const { database = 'postgres' } = options;
  await createDatabase(urlOf('postgres'), database);
  const { binDir, dataDir } = folder;
  const stop = async (): Promise<void> => {
    await child.stop();
    await cleanUp();
  };
  return { url: urlOf(database), port, pid: child.pid, dataDir, binDir, child, stop };
}

async function throwAwayDataDir(user: OsUser | undefined): Promise<string> {
  const folder = await throwAwayFolder();
  if (user) {
    // The new folder is ours alone; Postgres must be able to pass through it.
    await chmod(folder, 0o711);
  }
  return join(folder, 'data');
}

async function keptDataDir(options: PostgresOptions, user: OsUser | undefined): Promise<string> {
  const dataDir = await reachableDataDir(resolve(options.dataDir ?? ''), user);
  if (options.fresh) {
    await rm(dataDir, { recursive: true, force: true });
  }
  return dataDir;
}

/** Root's data cannot lie where the other user may not go: then it lies in a fixed place that it can reach. */
async function reachableDataDir(wanted: string, user: OsUser | undefined): Promise<string> {
  await mkdir(dirname(wanted), { recursive: true });
  if (!user || (await isReachable(dirname(wanted)))) {
    return wanted;
  }
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const other = join(OPEN_FOLDER, `failover-dispatch-${name}`);
  await mkdir(other, { recursive: true, mode: 0o711 });
  if ((await stat(other)).uid !== process.getuid?.()) {
    throw new Error(`${other} belongs to somebody else: remove it`);
  }
  return join(other, 'data');
}

async function startServer(
  folder: DataFolder,
  options: PostgresOptions & { readonly port: number },
  url: string,
): Promise<Child> {
  const deadline = Date.now() + ORPHANS_TIMEOUT_MS;
  for (;;) {
    const child = await spawnServer(folder, options);
    try {
      await untilReady(child, START_TIMEOUT_MS, () => answers(url));
      return child;
    } catch (error) {
      await child.stop();
      const isHeldByOrphans = /shared memory block .* still in use/.test(child.output());
      if (!isHeldByOrphans || Date.now() > deadline) {
        throw error;
      }
    }
  }
}

function spawnServer(
  { binDir, dataDir, user }: DataFolder,
  options: PostgresOptions & { readonly port: number },
): Promise<Child> {
  const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(options.port) });
  return startChild({
    name: 'Postgres',
    command: join(binDir, 'postgres'),
    args: ['-D', dataDir, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: '/',
    // Fast shutdown: ends sessions instead of waiting for them.
    stopSignal: 'SIGINT',
    ...(user ? { owner: user } : {}),
  });
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const known = await client.query('select from pg_database where datname = $1', [name]);
    if (known.rowCount === 0) {
      await client.query(`create database ${client.escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
}
