import type { Client } from '@temporalio/client';
import { DISPATCH_TASK_QUEUE, CALLBACKS_WORKFLOW, callbacksWorkflowId } from '../workflows/ids';
import { WAKE_SIGNAL, type CallbacksInput } from '../workflows/signals';

/** Wakes an endpoint's callback workflow, or starts it. */
export type WakeEndpoint = (input: CallbacksInput) => Promise<void>;

/** How long the server may take to answer, in milliseconds; what is not woken now, the sweeper wakes. */
const DEADLINE_MS = 2_000;

export function createWakeEndpoint(client: Client): WakeEndpoint {
  return async (input) => {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.signalWithStart(CALLBACKS_WORKFLOW, {
        workflowId: callbacksWorkflowId(input.endpointId),
        taskQueue: DISPATCH_TASK_QUEUE,
        args: [input],
        signal: WAKE_SIGNAL,
        staticSummary: 'callbacks that an endpoint did not take at once',
      }),
    );
  };
}
