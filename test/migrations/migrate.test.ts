import { Client } from 'pg';
import { migrations } from '../../migrations';
import { main, migrateDown, migrateUp, migrationStatus } from '../../migrations/migrate';
import { createTestDatabase } from '../support/database';
import { dumpSchema } from '../support/schema-dump';

const names = migrations.map(({ name }) => name);

async function emptyDatabase(): Promise<string> {
  return (await createTestDatabase({ migrated: false })).url;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const schemaOf = (url: string): Promise<string> => withClient(url, dumpSchema);

describe('migrations', () => {
  test('are listed in the order of their names, each once', () => {
    expect(names).toEqual([...new Set(names)].toSorted());
  });

  test('each goes up, down to exactly what was before, and up again to the same', async () => {
    const url = await emptyDatabase();
    await migrateUp(url);
    const after: string[] = [await schemaOf(url)];
    for (const name of names.toReversed()) {
      expect(await migrateDown(url)).toEqual([name]);
      after.unshift(await schemaOf(url));
    }

    const again: string[] = [after[0] ?? ''];
    for (let left = names.length - 1; left >= 0; left -= 1) {
      await migrateUp(url);
      await migrateDown(url, left);
      again.push(await schemaOf(url));
    }

    expect(again).toEqual(after);
    expect(new Set(after).size).toBe(names.length + 1);
  }, 120_000);

  test('a second run applies nothing', async () => {
    const url = await emptyDatabase();

    expect(await migrateUp(url)).toEqual(names);
    expect(await migrateUp(url)).toEqual([]);
  });

  test('twenty starters at once apply each migration exactly once', async () => {
    const url = await emptyDatabase();

    const applied = await Promise.all(Array.from({ length: 20 }, () => migrateUp(url)));

    expect(applied.flat().toSorted()).toEqual(names);
    expect((await migrationStatus(url)).pending).toEqual([]);
  }, 60_000);

  test('a starter that was killed while it held the lock does not stop the next one', async () => {
    const url = await emptyDatabase();
    await withClient(url, async (watcher) => {
      const holder = new Client({ connectionString: url });
      holder.on('error', () => undefined);
      await holder.connect();
      await holder.query('select pg_advisory_lock(7243590118)');
      const next = migrateUp(url);
      await watcher.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
           and database = (select oid from pg_database where datname = current_database())`,
      );

      expect(await next).toEqual(names);
    });
  });

  test('one that fails leaves neither its tables nor its record', async () => {
    const url = await emptyDatabase();
    await withClient(url, (client) => client.query('create table secrets (id integer)'));

    await expect(migrateUp(url)).rejects.toThrow(/already exists/);

    const status = await migrationStatus(url);
    expect(status.applied.map(({ name }) => name)).toEqual(names.slice(0, 1));
    expect(await schemaOf(url)).not.toContain('create table data_keys');
  });

  test('one that cannot have its table lock gives up after three seconds', async () => {
    const url = await emptyDatabase();
    await migrateUp(url);
    await withClient(url, async (client) => {
      await client.query('begin');
      await client.query('select * from audit_log');
      const started = performance.now();

      await expect(migrateDown(url)).rejects.toThrow(/lock timeout/);
      expect(performance.now() - started).toBeGreaterThan(2_900);
      expect(performance.now() - started).toBeLessThan(8_000);
    });
  });

  test('a database of a newer build is left alone and reported', async () => {
    const url = await emptyDatabase();
    await migrateUp(url);
    await withClient(url, (client) =>
      client.query(`insert into schema_migrations (name) values ('29990101000000-later')`),
    );

    expect(await migrateUp(url)).toEqual([]);
    expect((await migrationStatus(url)).unknown).toEqual(['29990101000000-later']);
  });

  test('status of an empty database reads everything as pending and creates nothing', async () => {
    const url = await emptyDatabase();

    expect(await migrationStatus(url)).toEqual({ applied: [], pending: names, unknown: [] });
    expect(await schemaOf(url)).toBe('\n');
  });
});

describe('the migrate command', () => {
  async function run(words: string[], url?: string): Promise<{ code: number; text: string }> {
    const lines: string[] = [];
    const code = await main(words, url, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  }

  test('goes up, says what it did, and says that nothing is left to do', async () => {
    const url = await emptyDatabase();

    expect(await run(['up'], url)).toEqual({
      code: 0,
      text: names.map((name) => `applied ${name}`).join('\n'),
    });
    expect(await run(['up'], url)).toEqual({ code: 0, text: 'nothing to do' });
    expect((await run(['down', '2'], url)).text.split('\n')).toHaveLength(2);
    expect((await run(['status'], url)).text.match(/^pending /gm)).toHaveLength(2);
  });

  test.each([[[]], [['sideways']], [['down', '0']], [['down', 'all']], [['up', '1']]])(
    'answers %j with its usage and exit code 2',
    async (words) => {
      expect(await run(words, 'postgresql://127.0.0.1:1/none')).toEqual({
        code: 2,
        text: expect.stringContaining('Usage'),
      });
    },
  );

  test('names the missing setting and exits with 78', async () => {
    expect(await run(['up'])).toEqual({ code: 78, text: expect.stringContaining('DATABASE_URL') });
  });

  test('tells why it failed in one line and exits with 1', async () => {
    const { code, text } = await run(['up'], 'postgresql://127.0.0.1:1/none');

    expect(code).toBe(1);
    expect(text).toMatch(/^Failed: .*ECONNREFUSED/);
  });
});
