/** Short ways to say a plan and what happens to it. */
import { reduce } from '../../domain/failover';
import {
  beginFailover,
  type FailoverEvent,
  type FailoverPlan,
  type FailoverState,
  type StepPlan,
} from '../../domain/failover-state';
import type { Condition, MessageStatus, UnknownPolicy } from '../../domain/vocabulary';

/** When every dispatch of these tests starts. */
export const START = 1_000_000;
export const EXPIRY_MS = 600_000;
export const LAST_STEP_LIMIT_MS = 259_200_000;

export function aStep(condition: Condition = 'delivered', expiryMs: number = EXPIRY_MS): StepPlan {
  return { condition, expiryMs };
}

/** Three steps by default: two with the condition `delivered`, then the last. */
export function aPlan(change: Partial<FailoverPlan> = {}): FailoverPlan {
  return {
    steps: [aStep(), aStep(), {}],
    lastStepLimitMs: LAST_STEP_LIMIT_MS,
    stopOnLateSuccess: false,
    ...change,
  };
}

export const started = (at: number = START): FailoverEvent => ({ kind: 'started', at });
export const timePassed = (at: number): FailoverEvent => ({ kind: 'time_passed', at });
export const canceled = (at: number): FailoverEvent => ({ kind: 'canceled', at });

export function accepted(
  position: number,
  at: number,
  more: { acceptedAt?: number; status?: MessageStatus } = {},
): FailoverEvent {
  return { kind: 'send_accepted', position, at, acceptedAt: at, status: 'submitted', ...more };
}

export function failed(
  position: number,
  at: number,
  cause: 'send_refused' | 'no_account' | 'expired' = 'send_refused',
): FailoverEvent {
  return { kind: 'send_failed', position, at, cause };
}

export function unknown(
  position: number,
  at: number,
  policy: UnknownPolicy = 'wait',
): FailoverEvent {
  return { kind: 'send_unknown', position, at, policy };
}

export function previousMet(
  position: number,
  at: number,
  status: MessageStatus = 'delivered',
): FailoverEvent {
  return { kind: 'previous_met', position, at, status };
}

export function status(position: number, at: number, value: MessageStatus): FailoverEvent {
  return { kind: 'status', position, at, status: value };
}

/** A dispatch of the plan after the events, the start included. */
export function after(plan: FailoverPlan, ...events: readonly FailoverEvent[]): FailoverState {
  return [started(), ...events].reduce(reduce, beginFailover(plan));
}
