/** The two servers a stack stands on: given by the environment, or embedded. */
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { DISPATCH_TASK_QUEUE } from '../workflows/ids';
import { startPostgres, type EmbeddedPostgres } from './postgres';
import type { StackOptions, StackPorts } from './stack';
import { startTemporalServer, type TemporalServer } from './temporal-server';

/** `parts` holds what we started ourselves: one server or none. */
export interface Servers {
  readonly postgres: { readonly url: string; readonly parts: readonly EmbeddedPostgres[] };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string | undefined;
    readonly parts: readonly TemporalServer[];
  };
}

/** The server's number of that kind of queue. */
const WORKFLOW_TASKS = 1;

/** The Postgres that was given, or an embedded one. */
export async function ownPostgres(
  options: StackOptions,
  port: number,
): Promise<Servers['postgres']> {
  const { env, folder, log } = options;
  if (env.DATABASE_URL !== undefined) {
    return { url: env.DATABASE_URL, parts: [] };
  }
  log('Starting Postgres');
  const part = await startPostgres({
    port,
    database: 'dispatch',
    ...(folder !== undefined && { dataDir: join(folder, 'postgres') }),
    ...(options.known === undefined && { fresh: true }),
  });
  return { url: part.url, parts: [part] };
}

/** The Temporal that was given, or an embedded one. */
export async function ownTemporal(
  options: StackOptions,
  ports: StackPorts,
): Promise<Servers['temporal']> {
  const { env, folder, log } = options;
  const namespace = env.TEMPORAL_NAMESPACE ?? 'default';
  if (env.TEMPORAL_ADDRESS !== undefined) {
    return { address: env.TEMPORAL_ADDRESS, namespace, uiUrl: undefined, parts: [] };
  }
  log('Starting Temporal');
  const part = await startTemporalServer({
    log,
    namespace,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    ...(folder !== undefined && { databaseFile: join(folder, 'temporal.db') }),
  });
  const { address, uiUrl } = part;
  return { address, namespace: part.namespace, uiUrl, parts: [part] };
}

/** Whether a worker asks the server for dispatches. */
export async function isPolled(temporal: { address: string; namespace: string }): Promise<boolean> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace: temporal.namespace,
      taskQueue: { name: DISPATCH_TASK_QUEUE },
      taskQueueType: WORKFLOW_TASKS,
    });
    return (pollers ?? []).length > 0;
  } finally {
    await connection.close();
  }
}
