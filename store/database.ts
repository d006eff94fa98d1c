import knexFactory, { type Knex } from 'knex';
import type { Client, QueryResultRow } from 'pg';

/** One statement with a name: the server plans it once per connection, which is most of its cost. */
export interface Statement {
  /** Unique in the program; at most 63 characters. */
  readonly name: string;
  /** Postgres SQL with `$1` places. */
  readonly text: string;
}

/** What can run statements: the database itself, or a transaction. */
export interface Sql {
  rows<Row extends QueryResultRow>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<Row[]>;
  /** The first row, or undefined. */
  row<Row extends QueryResultRow>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<Row | undefined>;
}

/** The pool, with named statements and transactions; `knex` is for migrations and composed queries. */
export interface Database extends Sql {
  readonly knex: Knex;
  /** Runs `work` between begin and commit on one connection; a throw rolls back. */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  /** Callers that wait for a connection right now. */
  waiting(): number;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most, default 10. */
  readonly poolSize?: number;
  /** Name shown in `pg_stat_activity`. */
  readonly applicationName?: string;
}

/** Longest wait for a free connection, in milliseconds. */
const ACQUIRE_TIMEOUT_MS = 2_000;
/** Server-side limits in milliseconds (security 5): a stuck query frees its connection by itself. */
const SERVER_LIMITS = {
  statement_timeout: 5_000,
  lock_timeout: 3_000,
  idle_in_transaction_session_timeout: 10_000,
};

/** Opens a pool. Nothing connects before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const knex = knexFactory({
    client: 'pg',
    connection: {
      connectionString: options.url,
      application_name: options.applicationName ?? 'failover-dispatch',
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      keepAlive: true,
      ...SERVER_LIMITS,
    },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    // What fails is thrown; the library's own words would go to standard output.
    log: { warn: silent, error: silent, debug: silent, deprecate: silent },
    pool: { min: 0, max: options.poolSize ?? 10, propagateCreateError: true },
  });
  return databaseOf(knex);
}

function silent(): void {
  // Says nothing.
}

/** What we use of knex's untyped client. */
interface Pool {
  acquireConnection(): Promise<Client>;
  releaseConnection(connection: Client): Promise<void>;
}

function databaseOf(knex: Knex): Database {
  const pool = knex.client as Pool;
  const withConnection = async <T>(work: (connection: Client) => Promise<T>): Promise<T> => {
    const connection = await pool.acquireConnection();
    try {
      return await work(connection);
    } finally {
      await pool.releaseConnection(connection);
    }
  };
  const transaction = <T>(work: (tx: Sql) => Promise<T>): Promise<T> =>
    withConnection((connection) => inTransaction(connection, work));
  return {
    knex,
    transaction,
    waiting: () => (knex.client.pool as { numPendingAcquires(): number }).numPendingAcquires(),
    rows: (statement, values) =>
      withConnection((connection) => sqlOf(connection).rows(statement, values)),
    row: (statement, values) =>
      withConnection((connection) => sqlOf(connection).row(statement, values)),
    close: () => knex.destroy(),
  };
}

async function inTransaction<T>(connection: Client, work: (tx: Sql) => Promise<T>): Promise<T> {
  await connection.query('begin');
  try {
    const result = await work(sqlOf(connection));
    await connection.query('commit');
    return result;
  } catch (error) {
    // A broken connection cannot roll back; the server does it, and the pool drops the connection.
    await connection.query('rollback').catch(() => undefined);
    throw error;
  }
}

function sqlOf(connection: Client): Sql {
  const rows = async <Row extends QueryResultRow>(
    { name, text }: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    const result = await connection.query<Row>({ name, text, values: [...values] });
    return result.rows;
  };
  return {
    rows,
    row: async <Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[]) =>
      (await rows<Row>(statement, values))[0],
  };
}
