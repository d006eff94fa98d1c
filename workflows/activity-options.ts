/** How often and how long activities are tried: the one place to look. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { sendLimits } from '../domain/send-limits';
import { CALLBACKS_TASK_QUEUE } from './ids';
import type { DispatchInput } from './signals';

/** What a step's sending may take in all, in milliseconds: its expiry; on the last step, its retry limit. */
export function sendBudgetMs(input: DispatchInput, position: number): number {
  return input.steps[position]?.expiryMs ?? input.lastStepRetryMs;
}

/**
 * One hand-over per run; the activity says by `nextRetryDelay` when the next account may be asked. It gives up by itself
 * inside the budget; schedule-to-close is the backstop for a time without workers, so that a step still ends on time.
 */
export function sendOptions(input: DispatchInput, position: number): ActivityOptions {
  const budgetMs = sendBudgetMs(input, position);
  const step = input.steps[position];
  return {
    startToCloseTimeout: sendLimits(step?.callTimeoutMs ?? 0, budgetMs).startToCloseMs,
    // The last step has nothing to fail over to: what its activity finds out counts, however late a worker runs it.
    scheduleToCloseTimeout: step?.expiryMs ?? budgetMs + input.lastStepLimitMs,
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 },
    summary: sendSummary(input, position),
  };
}

function sendSummary(input: DispatchInput, position: number): string {
  const { channel = '', recipientLabel = '' } = input.steps[position] ?? {};
  return `step ${position + 1}: ${channel} to ${recipientLabel}`;
}

/** The end is one short transaction: one local try, which costs no state transition. */
export const FINISH_LOCALLY: LocalActivityOptions = {
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
  summary: 'write the outcome and the final report',
};

/** Where the local try failed (Postgres away), the server tries until it is back. */
export const FINISH_SURELY: ActivityOptions = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 15_000 },
  summary: 'write the outcome and the final report',
};

/** A bounded batch of callbacks: up to fifteen seconds for its last post on top of the batch's own ten. */
export const DRAIN_CALLBACKS: ActivityOptions = {
  taskQueue: CALLBACKS_TASK_QUEUE,
  startToCloseTimeout: '60s',
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 60_000 },
  summary: 'post what is due',
};
