/** Messages that workflows take, and what they are started with. Plain data: strings, numbers, booleans, arrays, objects. */
import type { FailoverState } from '../domain/failover-state';
import type { Channel, Condition, MessageStatus } from '../domain/vocabulary';

/** One step as its workflow knows it: ids and times, nobody's number, no content. */
export interface DispatchStepInput {
  readonly messageId: string;
  readonly channel: Channel;
  /** Recipient with all but the last characters hidden, for the Web UI. */
  readonly recipientLabel: string;
  readonly condition?: Condition;
  /** How long the condition may take, in milliseconds. */
  readonly expiryMs?: number;
  /** Longest provider call among the planned accounts, in milliseconds. */
  readonly callTimeoutMs: number;
}

export interface DispatchInput {
  readonly tenantId: string;
  readonly dispatchId: string;
  readonly steps: readonly DispatchStepInput[];
  /** How long the last step may stay without a final status, in milliseconds. */
  readonly lastStepLimitMs: number;
  /** How long the last step asks providers that do not answer, in milliseconds. */
  readonly lastStepRetryMs: number;
  readonly stopOnLateSuccess: boolean;
  /** Whether the server knows our search attributes: where it does not, none are written. */
  readonly searchAttributes: boolean;
}

export interface DispatchResult {
  readonly status: string;
  readonly cause: string;
}

/** Signal: a receipt raised a message's status in a way that may change the decision. */
export const MESSAGE_STATUS_SIGNAL = 'messageStatus';
export interface MessageStatusSignal {
  readonly messageId: string;
  readonly status: MessageStatus;
}

/** Query: the state as the reducer sees it. */
export const GET_DISPATCH_QUERY = 'getDispatch';
export type GetDispatchAnswer = FailoverState;

export interface CallbacksInput {
  readonly tenantId: string;
  readonly endpointId: string;
}
/** Signal: the endpoint has a callback that is due sooner than its workflow would wake. */
export const WAKE_SIGNAL = 'wake';
