/** A failover dispatch with nothing but Temporal: the measure that the product is held against. */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities, BareDispatch } from './activities';

const messageStatus = defineSignal<[{ position: number; status: string }]>('messageStatus');
const { sendMessage, postReport } = proxyActivities<BareActivities>({ startToCloseTimeout: '30s' });

const LAST_STEP_MS = 259_200_000;

export async function bareDispatch(dispatch: BareDispatch): Promise<string> {
  const statuses = new Map<number, string>();
  setHandler(messageStatus, ({ position, status }) => void statuses.set(position, status));
  for (const [position, step] of dispatch.steps.entries()) {
    await sendMessage({ dispatchId: dispatch.dispatchId, position, step });
    await condition(() => statuses.has(position), step.expiryMs ?? LAST_STEP_MS);
    if (statuses.get(position) === 'delivered') {
      return finish(dispatch.dispatchId, 'completed');
    }
  }
  return finish(dispatch.dispatchId, 'error');
}

async function finish(dispatchId: string, status: string): Promise<string> {
  await postReport({ dispatchId, status });
  return status;
}
