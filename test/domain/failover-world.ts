/**
 * A small model of all that surrounds the decision: the workflow that drives it, the rows that claims and receipts
 * write, providers that answer and report when and what they like. Time is a queue of things to come.
 */
import { mayChangeDecision, nextAction, type StatusNews } from '../../domain/failover';
import {
  beginFailover,
  type Action,
  type FailoverEvent,
  type FailoverPlan,
  type FailoverState,
} from '../../domain/failover-state';
import { isFailure, isProgress, satisfies } from '../../domain/message';
import type { MessageStatus } from '../../domain/vocabulary';
import { START } from './failover-events';

/** How a hand-over ends; `nobody`: no worker ever takes it up. The last three are policies of an unknown outcome. */
export const HAND_OVER_ENDS = [
  'accepted',
  'refused',
  'no_account',
  'nobody',
  'wait',
  'fail_over',
  'resend',
] as const;

export interface ReceiptScript {
  readonly status: MessageStatus;
  /** After the claim, in milliseconds, as all times here. */
  readonly afterMs: number;
  /** From the row to the workflow, where it is told. */
  readonly transitMs: number;
  readonly copies: number;
}

export interface StepScript {
  readonly claimMs: number;
  readonly takesMs: number;
  readonly end: (typeof HAND_OVER_ENDS)[number];
  /** How long before its answer the provider says it accepted: its clock may be wrong. */
  readonly acceptedMsAgo: number;
  readonly receipts: readonly ReceiptScript[];
}

export interface WorldScript {
  readonly plan: FailoverPlan;
  readonly steps: readonly StepScript[];
  readonly cancelAfterMs: number | undefined;
  /** Looks at the clock that nobody asked for. */
  readonly wakeUpsMs: readonly number[];
  readonly timerLagMs: number;
  /** Of things that come in the same moment, the newest first. */
  readonly newestFirst: boolean;
}

export type Fold = (state: FailoverState, event: FailoverEvent) => FailoverState;

export interface WorldOptions {
  readonly fold: Fold;
  /** Whether the workflow hears even the statuses that cannot change what it does. */
  readonly tellAll?: boolean;
  /** Told of each status that the workflow is not woken for, with the state it does not reach. */
  readonly onWithheld?: (state: FailoverState, event: FailoverEvent) => void;
}

export interface WorldResult {
  readonly state: FailoverState;
  readonly endedAt: number;
  /** What the workflow did, and when: one entry per change. */
  readonly actions: readonly { readonly at: number; readonly action: Action }[];
  readonly events: readonly FailoverEvent[];
}

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export function runWorld(script: WorldScript, options: WorldOptions): WorldResult {
  const { plan } = script;
  const rows = plan.steps.map((): MessageStatus | 'planned' => 'planned');
  const actions: { at: number; action: Action }[] = [];
  const events: FailoverEvent[] = [];
  let tasks: Task[] = [];
  let order = 0;
  let now = START;
  let claimed = -1;
  let endedAt = Number.NaN;
  let state = beginFailover(plan);

  const later = (afterMs: number, run: () => void): void => {
    order += 1;
    tasks.push({ at: now + afterMs, order: script.newestFirst ? -order : order, run });
  };

  const apply = (event: FailoverEvent): void => {
    events.push(event);
    state = options.fold(state, event);
    act();
  };

  const act = (): void => {
    const action = nextAction(state);
    if (JSON.stringify(action) === JSON.stringify(actions.at(-1)?.action)) {
      return;
    }
    actions.push({ at: now, action });
    if (action.kind === 'send') {
      handOver(action.position);
    } else if (action.kind === 'wait') {
      later(Math.max(0, action.until - now) + script.timerLagMs, () =>
        apply({ kind: 'time_passed', at: now }),
      );
    } else {
      endedAt = now;
    }
  };

  const handOver = (position: number): void => {
    const step = script.steps[position];
    if (step === undefined || step.end === 'nobody') {
      const budgetMs = plan.steps[position]?.expiryMs ?? plan.lastStepLimitMs;
      const cause = position === plan.steps.length - 1 ? 'send_refused' : 'expired';
      later(budgetMs, () => apply({ kind: 'send_failed', position, at: now, cause }));
      return;
    }
    later(step.claimMs, () => claim(position, step));
  };

  const claim = (position: number, step: StepScript): void => {
    if (state.outcome !== undefined) {
      return;
    }
    const previous = rows[position - 1] ?? 'planned';
    if (previous !== 'planned' && satisfies(previous, plan.steps[position - 1]?.condition)) {
      apply({ kind: 'previous_met', position, at: now, status: previous });
      return;
    }
    claimed = position;
    if (step.end !== 'no_account') {
      for (const receipt of step.receipts) {
        later(receipt.afterMs, () => record(position, receipt));
      }
    }
    later(step.takesMs, () => answer(position, step));
  };

  const answer = (position: number, step: StepScript): void => {
    switch (step.end) {
      case 'accepted':
        apply({
          kind: 'send_accepted',
          position,
          at: now,
          acceptedAt: now - step.acceptedMsAgo,
          status: raise(position, 'submitted'),
        });
        break;
      case 'refused':
      case 'no_account': {
        raise(position, 'rejected');
        const cause = step.end === 'refused' ? 'send_refused' : 'no_account';
        apply({ kind: 'send_failed', position, at: now, cause });
        break;
      }
      case 'nobody':
        break;
      default:
        apply({ kind: 'send_unknown', position, at: now, policy: step.end });
    }
  };

  const raise = (position: number, status: MessageStatus): MessageStatus => {
    const known = rows[position];
    if (known === undefined || known === 'planned' || isProgress(known, status)) {
      rows[position] = status;
      return status;
    }
    return known;
  };

  /** The receipt's transaction: only news is told, and only such as may change the decision. */
  const record = (position: number, receipt: ReceiptScript): void => {
    const known = rows[position] ?? 'planned';
    const { status } = receipt;
    if (!isProgress(known, status)) {
      return;
    }
    raise(position, status);
    if (mayChangeDecision(newsOf(position, status))) {
      tell(position, receipt, receipt.copies);
      return;
    }
    options.onWithheld?.(state, { kind: 'status', position, status, at: now });
    // A provider that takes back a failure while it is still being asked contradicts itself: no order is the right one.
    if (options.tellAll === true && !isFailure(known)) {
      tell(position, receipt, receipt.copies);
    }
  };

  const newsOf = (position: number, status: MessageStatus): StatusNews => {
    const condition = plan.steps[position]?.condition;
    return {
      status,
      position,
      dispatchPosition: claimed,
      stopOnLateSuccess: plan.stopOnLateSuccess,
      ...(condition === undefined ? {} : { condition }),
    };
  };

  const tell = (position: number, receipt: ReceiptScript, copies: number): void => {
    for (let copy = 0; copy < copies; copy += 1) {
      later(receipt.transitMs * (copy + 1), () =>
        apply({ kind: 'status', position, status: receipt.status, at: now }),
      );
    }
  };

  if (script.cancelAfterMs !== undefined) {
    later(script.cancelAfterMs, () => apply({ kind: 'canceled', at: now }));
  }
  for (const afterMs of script.wakeUpsMs) {
    later(afterMs, () => apply({ kind: 'time_passed', at: now }));
  }
  apply({ kind: 'started', at: now });
  while (tasks.length > 0) {
    const [next, ...rest] = tasks.toSorted((a, b) => a.at - b.at || a.order - b.order);
    tasks = rest;
    now = next?.at ?? now;
    next?.run();
  }
  return { state, endedAt, actions, events };
}
