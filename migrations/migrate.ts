/** Brings the schema up or down. Safe to run twice and from many starters at once. */
import knexFactory, { type Knex } from 'knex';
import { migrations, type Migration } from './index';

/** What is recorded, what this build would still apply, and what a newer build has applied. */
export interface MigrationStatus {
  readonly applied: readonly { readonly name: string; readonly appliedAt: string }[];
  readonly pending: readonly string[];
  readonly unknown: readonly string[];
}

/** Any fixed number: everybody who migrates this product's schema takes the same lock. */
const LOCK = 7_243_590_118;
/** How long a starter waits for another one to finish. */
const WAIT_FOR_OTHERS = '300s';
/** A migration that cannot have its table lock gives up before the queue behind it hurts callers. */
const WAIT_FOR_TABLES = '3s';

/** Applies what is pending, in order, one transaction each. Returns the names. */
export function migrateUp(url: string): Promise<string[]> {
  return withLock(url, async (knex) => {
    const recorded = await recordedNames(knex);
    const pending = migrations.filter(({ name }) => !recorded.has(name));
    return inOrder(pending, (migration) => apply(knex, migration));
  });
}

/** Takes back the last `steps` migrations (default 1), newest first. Returns the names. */
export function migrateDown(url: string, steps = 1): Promise<string[]> {
  return withLock(url, async (knex) => {
    const recorded = await recordedNames(knex);
    const applied = migrations.filter(({ name }) => recorded.has(name)).reverse();
    return inOrder(applied.slice(0, steps), (migration) => revert(knex, migration));
  });
}

/** Reads only; an empty database has everything pending. */
export function migrationStatus(url: string): Promise<MigrationStatus> {
  return withConnection(url, async (knex) => {
    const rows = (await hasRecords(knex)) ? await records(knex) : [];
    const recorded = new Set(rows.map(({ name }) => name));
    const known = new Set(migrations.map(({ name }) => name));
    return {
      applied: rows.map((row) => ({ name: row.name, appliedAt: row.applied_at.toISOString() })),
      pending: [...known].filter((name) => !recorded.has(name)),
      unknown: [...recorded].filter((name) => !known.has(name)),
    };
  });
}

interface RecordRow {
  readonly name: string;
  readonly applied_at: Date;
}

function silent(): void {}

async function withConnection<T>(url: string, work: (knex: Knex) => Promise<T>): Promise<T> {
  const knex = knexFactory({
    client: 'pg',
    connection: { connectionString: url, application_name: 'failover-dispatch migrate' },
    // Exactly one connection: the lock belongs to it, and it carries every statement.
    pool: { min: 1, max: 1 },
    // What fails is thrown and told once; knex would print it a second time.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
  });
  try {
    return await work(knex);
  } finally {
    await knex.destroy();
  }
}

/** A session-level lock of Postgres: it ends with the connection, so a killed starter leaves nothing behind. */
function withLock<T>(url: string, work: (knex: Knex) => Promise<T>): Promise<T> {
  return withConnection(url, async (knex) => {
    await knex.raw(`set lock_timeout = '${WAIT_FOR_OTHERS}'`);
    await knex.raw('select pg_advisory_lock(?)', [LOCK]);
    await knex.raw(`set lock_timeout = '${WAIT_FOR_TABLES}'`);
    await createRecords(knex);
    return work(knex);
  });
}

async function hasRecords(knex: Knex): Promise<boolean> {
  const result = await knex.raw(`select to_regclass('schema_migrations') is not null as known`);
  return Boolean(result.rows[0].known);
}

async function createRecords(knex: Knex): Promise<void> {
  if (await hasRecords(knex)) {
    return;
  }
  await knex.raw(`
    create table schema_migrations (
      name text primary key,
      applied_at timestamptz not null default clock_timestamp()
    );
    comment on table schema_migrations is 'Migrations this database has seen.';
    comment on column schema_migrations.name is 'Name in the list of migrations.';
    comment on column schema_migrations.applied_at is 'When it was applied.';
  `);
}

async function records(knex: Knex): Promise<RecordRow[]> {
  const result = await knex.raw<{ rows: RecordRow[] }>(
    'select name, applied_at from schema_migrations order by name',
  );
  return result.rows;
}

async function recordedNames(knex: Knex): Promise<Set<string>> {
  return new Set((await records(knex)).map(({ name }) => name));
}

async function inOrder(
  list: readonly Migration[],
  run: (migration: Migration) => Promise<void>,
): Promise<string[]> {
  const done: string[] = [];
  for (const migration of list) {
    await run(migration);
    done.push(migration.name);
  }
  return done;
}

function apply(knex: Knex, { name, up }: Migration): Promise<void> {
  return knex.transaction(async (transaction) => {
    // The record comes first: its key also stops a second starter, should the lock's connection have been replaced.
    await transaction.raw('insert into schema_migrations (name) values (?)', [name]);
    await up(transaction);
  });
}

function revert(knex: Knex, { name, down }: Migration): Promise<void> {
  return knex.transaction(async (transaction) => {
    await transaction.raw('delete from schema_migrations where name = ?', [name]);
    await down(transaction);
  });
}

const USAGE = 'Usage: migrate up | down [steps] | status';

/** Runs one command and returns its exit code: 0 done, 1 failed, 2 usage, 78 not configured. */
export async function main(
  words: readonly string[],
  url: string | undefined,
  print: (line: string) => void,
): Promise<number> {
  const command = commandOf(words);
  if (command === undefined) {
    print(USAGE);
    return 2;
  }
  if (url === undefined || url === '') {
    print('DATABASE_URL is not set: the address of the Postgres database to migrate');
    return 78;
  }
  try {
    print(await command(url));
    return 0;
  } catch (error) {
    print(`Failed: ${reasonOf(error)}`);
    return 1;
  }
}

/** A refused connection to several addresses has its reasons in a list and no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(reasonOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

function commandOf(words: readonly string[]): ((url: string) => Promise<string>) | undefined {
  const line = words.join(' ');
  const steps = /^down(?: ([1-9]\d{0,2}))?$/.exec(line);
  if (steps !== null) {
    return async (url) => report('taken back', await migrateDown(url, Number(steps[1] ?? '1')));
  }
  switch (line) {
    case 'up':
      return async (url) => report('applied', await migrateUp(url));
    case 'status':
      return async (url) => statusText(await migrationStatus(url));
    default:
      return undefined;
  }
}

function report(verb: string, names: readonly string[]): string {
  return names.length === 0 ? `nothing to do` : names.map((name) => `${verb} ${name}`).join('\n');
}

function statusText({ applied, pending, unknown }: MigrationStatus): string {
  const lines = [
    ...applied.map(({ name, appliedAt }) =>
      unknown.includes(name) ? `newer    ${name}  ${appliedAt}` : `applied  ${name}  ${appliedAt}`,
    ),
    ...pending.map((name) => `pending  ${name}`),
  ];
  return lines.join('\n');
}

if (require.main === module) {
  // This folder imports nothing of ours, so the one setting it needs is read here and not by runtime/config.ts.
  const url = process.env['DATABASE_URL'];
  void main(process.argv.slice(2), url, (line) => process.stdout.write(`${line}\n`)).then(
    (code) => {
      process.exitCode = code;
    },
  );
}
