import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startTemporalServer } from '../../dev/temporal-server';

async function connected<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

test('knows the search attributes and serves the Web UI', async () => {
  const server = await startTemporalServer();

  const attributes = await connected(server.address, ({ connection }) =>
    connection.operatorService.listSearchAttributes({ namespace: server.namespace }),
  );
  const page = await fetch(server.uiUrl ?? '');
  await page.text();
  await server.stop();

  // Numbers of IndexedValueType: Keyword 2, Int 3, KeywordList 7.
  expect(attributes.customAttributes).toMatchObject({
    DispatchTenant: 2,
    DispatchStatus: 2,
    DispatchChannel: 2,
    DispatchStep: 3,
    DispatchChannels: 7,
  });
  expect(page.status).toBe(200);
  expect(server.child.isRunning()).toBe(false);
});

test('keeps workflows in its file, also when it is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-test-'));
  const options = { databaseFile: join(folder, 'temporal.db'), uiPort: false } as const;
  const first = await startTemporalServer(options);
  await connected(first.address, (client) =>
    client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody-listens' }),
  );
  first.child.kill('SIGKILL');
  await first.child.exited;

  const second = await startTemporalServer(options);

  const found = await connected(second.address, (client) =>
    client.workflow.getHandle('kept').describe(),
  );
  expect(found.status.name).toBe('RUNNING');
  expect(second.uiUrl).toBeUndefined();
  await second.stop();
  await rm(folder, { recursive: true });
});

test('has the namespace asked for', async () => {
  const server = await startTemporalServer({ namespace: 'elsewhere', uiPort: false });

  expect(server.namespace).toBe('elsewhere');
  await server.stop();
});

test('shows what the server said when it cannot start', async () => {
  const started = startTemporalServer({ cliPath: '/bin/false', uiPort: false });

  await expect(started).rejects.toThrow(/^Temporal ended while starting/);
});
