/** What a dispatch costs the Temporal server, by its own count. */
import { Connection } from '@temporalio/client';
import type { Arena } from './contenders';
import { median } from './statistics';

export interface HistorySize {
  readonly transitions: number;
  readonly events: number;
}

/** Median over the dispatches; all of them have ended. */
export async function historySize(arena: Arena, ids: readonly string[]): Promise<HistorySize> {
  const { address, namespace } = arena.stack.temporal;
  const connection = await Connection.connect({ address });
  try {
    const sizes = await Promise.all(
      ids.map((workflowId) => sizeOf(connection, namespace, workflowId)),
    );
    return {
      transitions: median(sizes.map(({ transitions }) => transitions)),
      events: median(sizes.map(({ events }) => events)),
    };
  } finally {
    await connection.close();
  }
}

async function sizeOf(
  connection: Connection,
  namespace: string,
  workflowId: string,
): Promise<HistorySize> {
  for (;;) {
    const { workflowExecutionInfo: info } =
      await connection.workflowService.describeWorkflowExecution({
        namespace,
        execution: { workflowId },
      });
    // The report arrives before the workflow's own end is written.
    if (info?.closeTime) {
      return { transitions: Number(info.stateTransitionCount), events: Number(info.historyLength) };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
