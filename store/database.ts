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

/** A transaction. Statements run in the order they are sent, each with a snapshot of its own. */
export interface Tx extends Sql {
  /**
   * Sends a write whose rows nobody needs and does not wait for it: it travels with what follows, at the latest with the
   * commit. Its failure fails the transaction.
   */
  enqueue(statement: Statement, values: readonly unknown[]): void;
}

/** The pool, with named statements and transactions; `knex` is for migrations and composed queries. */
export interface Database extends Sql {
  readonly knex: Knex;
  /** Runs `work` between begin and commit on one connection; a throw rolls back. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
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
  const connection = {
    connectionString: options.url,
    application_name: options.applicationName ?? 'failover-dispatch',
    connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
    keepAlive: true,
    // Statements that need not wait for each other share one trip to the server. Knex hands it on without knowing it.
    pipeline: true,
    ...SERVER_LIMITS,
  };
  const knex = knexFactory({
    client: 'pg',
    connection,
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
  const transaction = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
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

async function inTransaction<T>(connection: Client, work: (tx: Tx) => Promise<T>): Promise<T> {
  // Nothing here is awaited before the end: begin travels with the first statement, writes with the commit.
  const sent: Promise<unknown>[] = [connection.query('begin')];
  const end = async (command: 'commit' | 'rollback'): Promise<void> => {
    const settled = await Promise.allSettled([...sent, connection.query(command)]);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      dispose(connection);
      throw failed.reason;
    }
  };
  const sql = sqlOf(connection);
  const enqueue = (statement: Statement, values: readonly unknown[]): void => {
    const write = sql.rows(statement, values);
    // Reported at the end; until then it must not count as unhandled.
    write.catch(silent);
    sent.push(write);
  };
  sent[0]?.catch(silent);
  let result: T;
  try {
    result = await work({ ...sql, enqueue });
  } catch (error) {
    await end('rollback').catch(silent);
    throw error;
  }
  await end('commit');
  return result;
}

/** A connection on which something failed is not used again: the pool looks for this mark. */
function dispose(connection: Client): void {
  (connection as Client & { __knex__disposed?: unknown }).__knex__disposed = true;
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
