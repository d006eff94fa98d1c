import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { DRAIN_CALLBACKS } from './activity-options';
import { WAKE_SIGNAL, type CallbacksInput } from './signals';

const wake = defineSignal(WAKE_SIGNAL);
const { drainCallbacks } = proxyActivities<Activities>(DRAIN_CALLBACKS);

/** Posts what an endpoint did not take at once, for as long as it has a backlog. */
export async function callbacks(input: CallbacksInput): Promise<void> {
  let woken = false;
  setHandler(wake, () => void (woken = true), { description: 'A callback is due sooner.' });
  for (;;) {
    woken = false;
    const { nextInMs } = await drainCallbacks(input);
    if (nextInMs === undefined && !woken) {
      return;
    }
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof callbacks>(input);
    }
    if (nextInMs !== undefined && nextInMs > 0) {
      await condition(() => woken, nextInMs, { summary: 'until the next post is due' });
    }
  }
}
