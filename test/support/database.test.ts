import { createTestDatabase } from './database';
import { onServer } from './template-database';
import { testTemporal } from './temporal';
import { Connection } from '@temporalio/client';

const TABLES = {
  name: 'test-tables',
  text: `select table_name from information_schema.tables where table_schema = 'public'`,
};

describe('createTestDatabase', () => {
  test('gives a migrated database', async () => {
    const { database } = await createTestDatabase();

    const rows = await database.rows<{ table_name: string }>(TABLES);

    expect(rows.map((row) => row.table_name)).toEqual(
      expect.arrayContaining(['tenants', 'dispatches', 'messages', 'attempts', 'receipts']),
    );
  });

  test('gives every caller a database of its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);

    await one.database.knex.raw('create table only_here (id int)');

    const rows = await other.database.rows<{ table_name: string }>(TABLES);
    expect(rows.map((row) => row.table_name)).not.toContain('only_here');
  });

  test('gives an empty database to tests of migrations', async () => {
    const { database } = await createTestDatabase({ migrated: false });

    await expect(database.rows(TABLES)).resolves.toEqual([]);
  });

  test('makes a copy in well under a second', async () => {
    await createTestDatabase();
    const startedAt = performance.now();

    await createTestDatabase();

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('is gone after drop, also with a connection open', async () => {
    const { database, url, drop } = await createTestDatabase();
    await database.rows(TABLES);

    await drop();

    await expect(onServer(url, async () => undefined)).rejects.toThrow(/does not exist/);
  });
});

test('the Temporal server of the run answers', async () => {
  const { address, namespace } = testTemporal();
  const connection = await Connection.connect({ address });

  const answer = await connection.workflowService.describeNamespace({ namespace });

  expect(answer.namespaceInfo?.name).toBe(namespace);
  await connection.close();
});
