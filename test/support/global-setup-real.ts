/** Starts what the tests of the project `real` share, once per run: Postgres, Temporal, the workflow bundle. */
import { startPostgres } from '../../dev/postgres';
import { startTemporalServer } from '../../dev/temporal-server';
import { createTemplateDatabase } from './template-database';
import { onTeardown, tearDown } from './teardown-list';
import { bundleWorkflowsOnce } from './workflow-bundle';

export default async function setUp(): Promise<void> {
  const started = await Promise.allSettled([
    setUpPostgres(),
    setUpTemporal(),
    bundleWorkflowsOnce(),
  ]);
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    // Jest calls no teardown after a failed setup.
    await tearDown();
    throw failed.reason;
  }
}

async function setUpPostgres(): Promise<void> {
  const given = process.env.DATABASE_URL;
  const server = given ? undefined : await startPostgres({ settings: { max_connections: '300' } });
  if (server) {
    onTeardown(() => server.stop());
  }
  process.env.TEST_DATABASE_URL = given ?? server?.url;
  process.env.TEST_TEMPLATE_DATABASE = await createTemplateDatabase(
    process.env.TEST_DATABASE_URL ?? '',
  );
}

async function setUpTemporal(): Promise<void> {
  const given = process.env.TEMPORAL_ADDRESS;
  const server = given
    ? undefined
    : await startTemporalServer({ uiPort: false, log: console.error });
  if (server) {
    onTeardown(() => server.stop());
  }
  process.env.TEST_TEMPORAL_ADDRESS = given ?? server?.address;
}
