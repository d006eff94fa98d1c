/** The product with the accounts and callers that the stories of dispatches need. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection, type WorkflowExecutionDescription } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { FailoverState } from '../../domain/failover-state';
import type { DispatchResult } from '../../workflows/signals';
import { afterFile } from '../support/after-file';
import { startProduct, type Caller, type Product } from '../support/product';
import { scrubbed, type HistoryJson } from '../replay/history-json';

/** How long the last step waits, and asks who does not answer, in seconds: short, so that stories about it end. */
const LAST_STEP_LIMIT_SECONDS = 10;
const LAST_STEP_RETRY_SECONDS = 6;
/** The second account of Viber, tried after the seeded one. */
const SECOND_KEY = 'second-key';

const HISTORIES = join(process.cwd(), 'test', 'replay', 'histories');

export interface World {
  readonly product: Product;
  readonly client: Client;
  /** An application that wants late successes to end its dispatches. */
  readonly stopper: Caller;
}

type WorldOptions = Parameters<typeof startProduct>[0];

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const product = await startProduct({
    simulatorArgs: ['--api-key', 'simulator-key', '--api-key', SECOND_KEY],
    ...options,
    env: {
      LAST_STEP_LIMIT_SECONDS: String(LAST_STEP_LIMIT_SECONDS),
      LAST_STEP_RETRY_SECONDS: String(LAST_STEP_RETRY_SECONDS),
      ...options.env,
    },
  });
  await product.sql(
    `update dispatch_configs set on_unknown = 'fail_over' where channel = 'whatsapp'`,
  );
  await product.sql(
    `update dispatch_configs set on_unknown = 'resend' where channel = 'messenger'`,
  );
  await product.sql(`update dispatch_configs set is_active = false where channel = 'mms'`);
  await product.account({
    channel: 'viber_service_msg',
    priority: 200,
    credentials: { apiKey: SECOND_KEY, webhookSecret: 'simulator-webhook-secret' },
  });
  const stopper = await product.application({ stopOnLateSuccess: true });
  return { product, stopper, client: await connect(product) };
}

async function connect({ stack }: Product): Promise<Client> {
  const { address, namespace } = stack.temporal;
  const connection = await Connection.connect({ address });
  afterFile(() => connection.close());
  return new Client({ connection, namespace });
}

/** What Temporal says of a workflow. */
export function describeWorkflow(
  { client }: World,
  workflowId: string,
): Promise<WorkflowExecutionDescription> {
  return client.workflow.getHandle(workflowId).describe();
}

/** How a dispatch ended, for Temporal. */
export function resultOf({ client }: World, dispatchId: string): Promise<DispatchResult> {
  return client.workflow.getHandle(dispatchId).result() as Promise<DispatchResult>;
}

/** The state as the decision sees it, asked of a worker. */
export function stateOf({ client }: World, dispatchId: string): Promise<FailoverState> {
  return client.workflow.getHandle(dispatchId).query<FailoverState>('getDispatch');
}

export async function historyOf({ client }: World, workflowId: string): Promise<HistoryJson> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  return JSON.parse(historyToJSON(history)) as HistoryJson;
}

/** With `RECORD_HISTORIES=1` a history that has just been lived becomes part of the replay corpus. */
export async function keep(name: string, history: HistoryJson): Promise<void> {
  if (process.env.RECORD_HISTORIES === '1') {
    const text = `${JSON.stringify(scrubbed(history), null, 1)}\n`;
    await writeFile(join(HISTORIES, `${name}.json`), text);
  }
}
