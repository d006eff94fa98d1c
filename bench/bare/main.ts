/** The bare measure's process: its HTTP and its worker in one, on a task queue of its own. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import express, { type Express } from 'express';
import { connectTemporalClient } from '../../runtime/temporal';
import { connectTemporalWorker } from '../../runtime/temporal-worker';
import { createBareActivities, type BareStep } from './activities';

const TASK_QUEUE = 'bare';
/** As the product's: statuses that decide nothing wake no workflow. */
const DECIDING: ReadonlySet<string> = new Set(['delivered', 'rejected']);

interface Body {
  readonly workflow: readonly {
    readonly to: { readonly type: string; readonly number: string };
    readonly from: { readonly number?: string; readonly id?: string };
    readonly message: { readonly content: { readonly text: string } };
    readonly failover?: { readonly expiry_time: number };
  }[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, outside: { type: 'string' } },
  });
  const port = Number(values.port ?? 0);
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });
  const { client } = connectTemporalClient();
  const { connection, namespace } = await connectTemporalWorker();
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: require.resolve('./workflow'),
    activities: { ...createBareActivities(values.outside ?? '', `http://127.0.0.1:${port}`) },
    // The same settings as the product's worker.
    reuseV8Context: true,
    workflowThreadPoolSize: 1,
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
    maxCachedWorkflows: 300,
  });
  const running = worker.run();
  createBareApp(client).listen(port, '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
  await running;
}

function createBareApp(client: Client): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').use(express.json());
  app.get('/health', (_request, response) => void response.sendStatus(200));
  app.post('/dispatch', async (request, response) => {
    const dispatchId = randomUUID();
    await client.workflow.start('bareDispatch', {
      workflowId: dispatchId,
      taskQueue: TASK_QUEUE,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      args: [{ dispatchId, steps: stepsOf(request.body as Body) }],
    });
    response.status(202).json({ dispatch_uuid: dispatchId });
  });
  app.post('/receipts', async (request, response) => {
    const { events } = request.body as { events: { ref: string; status: string }[] };
    for (const { ref, status } of events.filter((event) => DECIDING.has(event.status))) {
      const [dispatchId = '', position] = ref.split(':');
      await signal(client, dispatchId, { position: Number(position), status });
    }
    response.sendStatus(200);
  });
  return app;
}

function stepsOf({ workflow }: Body): BareStep[] {
  return workflow.map(({ to, from, message, failover }) => ({
    channel: to.type,
    to: to.number,
    from: from.number ?? from.id ?? '',
    text: message.content.text,
    ...(failover && { expiryMs: failover.expiry_time * 1_000 }),
  }));
}

async function signal(client: Client, dispatchId: string, status: object): Promise<void> {
  try {
    await client.workflow.getHandle(dispatchId).signal('messageStatus', status);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) {
      throw error;
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
