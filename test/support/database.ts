/** A database of its own for each test file: a copy of the migrated template, made in milliseconds. */
import { basename } from 'node:path';
import { openDatabase, type Database } from '../../store/database';
import { afterFile } from './after-file';
import { databaseUrl, dropDatabase, onServer } from './template-database';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Closes the pool and removes the database now; otherwise both happen at the end of the file. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** `false`: without any table, for tests of migrations. Default true. */
  readonly migrated?: boolean;
  /** Connections at most; default 10. */
  readonly poolSize?: number;
}

let made = 0;

/** For `beforeAll` or a test. Needs no clean-up: the end of the file does it, after the file's own hooks. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = serverUrl();
  const name = nextName();
  const template = options.migrated === false ? 'template0' : process.env.TEST_TEMPLATE_DATABASE;
  await onServer(server, (client) => client.query(`create database ${name} template ${template}`));
  const url = databaseUrl(server, name);
  const database = openDatabase({
    url,
    ...(options.poolSize === undefined ? {} : { poolSize: options.poolSize }),
  });
  let dropped: Promise<void> | undefined;
  const drop = (): Promise<void> => {
    // Force: a test's own connection that is still open must not keep the database.
    dropped ??= database.close().then(() => dropDatabase(server, name));
    return dropped;
  };
  afterFile(drop);
  return { url, database, drop };
}

function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) {
    throw new Error('there is no Postgres: run through jest without TEST_SERVERS=none');
  }
  return url;
}

/** Says whose it is when one looks at the server; at most 63 characters. */
function nextName(): string {
  const path = expect.getState().testPath ?? 'file';
  const file = basename(path, '.test.ts').replaceAll(/\W/g, '_').slice(0, 30).toLowerCase();
  made += 1;
  return `test_${file}_${process.pid}_${Date.now().toString(36)}_${made}`;
}
