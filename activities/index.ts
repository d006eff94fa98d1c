import type { CallbacksInput } from '../workflows/signals';
import type { ActivityDeps } from './deps';
import {
  createFinishDispatch,
  type FinishDispatchInput,
  type FinishDispatchResult,
} from './finish-dispatch';
import { createSendMessage, type SendMessageInput, type SendMessageResult } from './send-message';

/** What workflows may ask for. Every one may run twice. */
export interface Activities {
  sendMessage(input: SendMessageInput): Promise<SendMessageResult>;
  finishDispatch(input: FinishDispatchInput): Promise<FinishDispatchResult>;
  /** Posts what is due; `nextInMs`: when more will be; absent: the backlog is empty. */
  drainCallbacks(input: CallbacksInput): Promise<{ readonly nextInMs?: number }>;
}

export function createActivities(deps: ActivityDeps): Activities {
  return {
    sendMessage: createSendMessage(deps),
    finishDispatch: createFinishDispatch(deps),
    drainCallbacks: ({ tenantId, endpointId }) => deps.drain(tenantId, endpointId),
  };
}
