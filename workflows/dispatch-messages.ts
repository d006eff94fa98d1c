/** Translates between the decision's words and what the activities take and answer. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { FinishDispatchInput } from '../activities/finish-dispatch';
import type { SendMessageInput, SendMessageResult } from '../activities/send-message';
import type { FailoverEvent, FailoverState } from '../domain/failover-state';
import { DISPATCH_ENDED } from '../domain/failures';
import { sendBudgetMs } from './activity-options';
import type { DispatchInput } from './signals';

export function sendInput(
  input: DispatchInput,
  state: FailoverState,
  position: number,
): SendMessageInput {
  const previous = state.steps[position - 1];
  return {
    tenantId: input.tenantId,
    dispatchId: input.dispatchId,
    messageId: input.steps[position]?.messageId ?? '',
    position,
    budgetMs: sendBudgetMs(input, position),
    callTimeoutMs: input.steps[position]?.callTimeoutMs ?? 0,
    ...(previous?.cause === undefined ? {} : { previousCause: previous.cause }),
  };
}

export function finishInput(input: DispatchInput, state: FailoverState): FinishDispatchInput {
  const { outcome } = state;
  return {
    tenantId: input.tenantId,
    dispatchId: input.dispatchId,
    status: outcome?.status ?? 'canceled',
    cause: outcome?.cause ?? 'canceled',
    position: outcome?.position ?? 0,
    steps: state.steps.flatMap((step, position) =>
      step.outcome === undefined || step.cause === undefined
        ? []
        : [{ position, outcome: step.outcome, cause: step.cause }],
    ),
  };
}

export function eventFromResult(
  result: SendMessageResult,
  position: number,
  at: number,
): FailoverEvent {
  switch (result.kind) {
    case 'accepted':
      return {
        kind: 'send_accepted',
        position,
        at,
        acceptedAt: at - result.acceptedMsAgo,
        status: result.status,
      };
    case 'failed':
      return { kind: 'send_failed', position, at, cause: result.cause };
    case 'unknown':
      return { kind: 'send_unknown', position, at, policy: result.policy };
    case 'previous_met':
      return { kind: 'previous_met', position, at, status: result.status };
  }
}

/**
 * What a send that never answered means. Ended meanwhile: nothing more is to be done, and the stored end is adopted.
 * Otherwise nobody knows whether it went out (no worker, no database): the step's deadline decides, never anything sooner.
 */
export function eventFromFailure(failure: unknown, position: number, at: number): FailoverEvent {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  return cause instanceof ApplicationFailure && cause.type === DISPATCH_ENDED
    ? { kind: 'canceled', at }
    : { kind: 'send_unknown', position, at, policy: 'wait' };
}
