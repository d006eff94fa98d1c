import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { startStack, type Stack, type StackOptions } from '../../dev/stack';
import { afterFile } from './after-file';
import { createTestDatabase } from './database';
import { testTemporal } from './temporal';

/** A day: the shortest retention that the server takes. */
const RETENTION = msToTs(86_400_000);

/** A namespace of its own, because task queues have fixed names: workers of two test files must not share one. */
async function createTestNamespace(): Promise<{ address: string; namespace: string }> {
  const { address } = testTemporal();
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: RETENTION,
    });
  } finally {
    await connection.close();
  }
  return { address, namespace };
}

/** With the keys that open what it has stored. */
export type TestStack = Stack & { readonly secretsKeys: string };

/** The product as its users run it: compiled processes, a database and a namespace of its own. Stops after the file. */
export async function startTestStack(
  options: Partial<Pick<StackOptions, 'env' | 'simulatorArgs' | 'scripts'>> = {},
): Promise<TestStack> {
  const { url } = await createTestDatabase();
  const { address, namespace } = await createTestNamespace();
  const stack = await startStack({
    env: {
      ...process.env,
      LOG_LEVEL: 'warn',
      DISPATCH_MIN_EXPIRY_SECONDS: '1',
      RATE_LIMIT_PER_KEY: '0',
      ...options.env,
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
    },
    dist: join(process.cwd(), 'dist'),
    log: () => undefined,
    ...(options.simulatorArgs && { simulatorArgs: options.simulatorArgs }),
    ...(options.scripts && { scripts: options.scripts }),
  });
  afterFile(() => stack.stop());
  return stack;
}
