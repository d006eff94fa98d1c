/** Postgres and Temporal of one test file's own, which it may stop, kill and start again at the same addresses. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../dev/ports';
import { startPostgres, type EmbeddedPostgres } from '../../dev/postgres';
import { startTemporalServer, type TemporalServer } from '../../dev/temporal-server';
import { migrateUp } from '../../migrations/migrate';
import { afterFile } from './after-file';

/** A server that can be away. */
export interface OwnServer {
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Ends it where it stands; resolves once it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data; resolves once it answers. */
  start(): Promise<void>;
}

export interface OwnServers {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly postgres: OwnServer;
  readonly temporal: OwnServer;
}

/** For `beforeAll`. Both keep their data on disk; both end after the file. */
export async function startOwnServers(): Promise<OwnServers> {
  const folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-servers-'));
  const [postgresPort = 0, temporalPort = 0] = await freePorts(2);
  afterFile(() => rm(folder, { recursive: true, force: true }));
  const postgres = await ownServer(() =>
    startPostgres({
      dataDir: join(folder, 'postgres'),
      port: postgresPort,
      database: 'dispatch',
    }),
  );
  const temporal = await ownServer(() =>
    startTemporalServer({
      databaseFile: join(folder, 'temporal.db'),
      port: temporalPort,
      uiPort: false,
    }),
  );
  const { url, dataDir } = postgres.first;
  afterFile(() => rm(dataDir, { recursive: true, force: true }));
  await migrateUp(url);
  return {
    databaseUrl: url,
    temporalAddress: temporal.first.address,
    postgres,
    temporal,
  };
}

async function ownServer<Server extends EmbeddedPostgres | TemporalServer>(
  launch: () => Promise<Server>,
): Promise<OwnServer & { first: Server }> {
  const first = await launch();
  let current: Server = first;
  afterFile(() => current.stop());
  return {
    first,
    stop: () => current.stop(),
    kill: async () => {
      current.child.kill('SIGKILL');
      await current.child.exited;
    },
    start: async () => {
      current = await launch();
    },
  };
}
