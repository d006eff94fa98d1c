import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../dev/ports';
import { startPostgres } from '../../dev/postgres';
import { isReachable } from '../../dev/postgres-binaries';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a throw-away Postgres', () => {
  test('is durable, speaks UTF-8, listens on loopback only, and leaves nothing behind', async () => {
    const postgres = await startPostgres();

    const settings = await query(
      postgres.url,
      `select name, setting from pg_settings where name in
        ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'server_encoding')
        order by name`,
    );
    await postgres.stop();

    expect(settings.map((row) => `${row.name}=${row.setting}`)).toEqual([
      'fsync=on',
      'full_page_writes=on',
      'listen_addresses=127.0.0.1',
      'server_encoding=UTF8',
      'synchronous_commit=on',
    ]);
    await expect(stat(postgres.dataDir)).rejects.toThrow(/ENOENT/);
  });

  test('lets nobody in without the password', async () => {
    const postgres = await startPostgres();
    const url = new URL(postgres.url);
    url.password = 'guess';

    await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/);

    await postgres.stop();
  });
});

describe('a Postgres that keeps its data', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-test-'));
    // As root, Postgres runs as another user, who has to pass through it.
    await chmod(folder, 0o711);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('starts again on the same data and port after SIGKILL', async () => {
    const options = { dataDir: join(folder, 'postgres'), port: await freePort(), database: 'app' };
    const first = await startPostgres(options);
    await query(first.url, 'create table kept as select 42 as answer');
    first.child.kill('SIGKILL');
    await first.child.exited;

    const second = await startPostgres(options);

    await expect(query(second.url, 'select answer from kept')).resolves.toEqual([{ answer: 42 }]);
    expect(second.url).toBe(first.url);
    await second.stop();
  });

  test('starts empty when asked to', async () => {
    const options = { dataDir: join(folder, 'postgres'), database: 'app' };
    const first = await startPostgres(options);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();

    const second = await startPostgres({ ...options, fresh: true });

    await expect(query(second.url, 'select answer from kept')).rejects.toThrow(/does not exist/);
    await second.stop();
  });

  test('starts although a stranger now has the number of the killed one', async () => {
    const options = { dataDir: join(folder, 'postgres') };
    const first = await startPostgres(options);
    await first.stop();
    const pidFile = join(first.dataDir, 'postmaster.pid');
    await writeFile(pidFile, `${process.pid}\n${first.dataDir}\n`);

    const second = await startPostgres(options);

    const [pid] = (await readFile(pidFile, 'utf8')).split('\n');
    expect(Number(pid)).toBe(second.pid);
    await second.stop();
  });

  test('refuses a folder that another Postgres uses', async () => {
    const options = { dataDir: join(folder, 'postgres') };
    const first = await startPostgres(options);

    await expect(startPostgres(options)).rejects.toThrow(
      `Postgres (process ${first.pid}) already runs on ${first.dataDir}. Stop it first.`,
    );

    await first.stop();
  });

  test('shows its log when it cannot start', async () => {
    const started = startPostgres({ settings: { shared_buffers: 'plenty' } });

    await expect(started).rejects.toThrow(/Postgres ended while starting:[^]*shared_buffers/);
  });
});

test('a folder below a closed one is not reachable for other users', async () => {
  const closed = await mkdtemp(join(tmpdir(), 'failover-dispatch-test-'));

  await expect(isReachable(closed)).resolves.toBe(false);
  await expect(isReachable(tmpdir())).resolves.toBe(true);

  await rm(closed, { recursive: true });
});
