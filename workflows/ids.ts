/** Names that API, worker and tests must agree on. */

/** Queue of all workflows and of the sends they schedule: on one queue, sends start eagerly. */
export const DISPATCH_TASK_QUEUE = 'dispatch';
/** Queue of the posts that callback workflows order: a flood of callbacks holds up no send. */
export const CALLBACKS_TASK_QUEUE = 'callbacks';

export const DISPATCH_WORKFLOW = 'dispatch';
export const CALLBACKS_WORKFLOW = 'callbacks';

/** A dispatch is its own workflow: the id is the `dispatch_uuid`. */
export function dispatchWorkflowId(dispatchId: string): string {
  return dispatchId;
}

/** The one callback workflow of an endpoint. */
export function callbacksWorkflowId(endpointId: string): string {
  return `callbacks:${endpointId}`;
}
