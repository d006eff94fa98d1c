/**
 * What must hold for every single step of the decision, whatever the events. Plain assertions: they are checked some
 * hundred thousand times in a run, and jest's own would take ten times as long.
 */
import assert from 'node:assert/strict';
import { deadlineOf, nextAction, reduce } from '../../domain/failover';
import {
  isLastStep,
  type DispatchOutcome,
  type FailoverEvent,
  type FailoverState,
  type StepCause,
} from '../../domain/failover-state';
import { isProgress, satisfies } from '../../domain/message';
import type { UnknownPolicy } from '../../domain/vocabulary';

/** Reduces, and checks every law on the way. The state is frozen: a decision changes nothing in place. */
export function lawfully(before: FailoverState, event: FailoverEvent): FailoverState {
  const next = reduce(deepFreeze(before), event);
  expectPlain(next);
  expectRanksKept(before, next);
  expectOneEnd(before, event, next);
  expectOrderlyMove(before, event, next);
  expectNothingSkipped(next);
  expectFittingAction(next);
  expectHeardInItsTime(before, event, next);
  return next;
}

/** A copy by JSON is as good as the state itself, and leads to the same action. */
function expectPlain(state: FailoverState): void {
  const copy: FailoverState = JSON.parse(JSON.stringify(state));
  assert.deepEqual(copy, state);
  assert.deepEqual(nextAction(copy), nextAction(state));
}

function expectRanksKept(before: FailoverState, next: FailoverState): void {
  assert.equal(next.steps.length, before.steps.length);
  for (const [position, { status }] of next.steps.entries()) {
    const known = before.steps[position]?.status ?? 'planned';
    assert.ok(
      status === known || (status !== 'planned' && isProgress(known, status)),
      `step ${position} fell from ${known} to ${status}`,
    );
  }
}

function expectOneEnd(before: FailoverState, event: FailoverEvent, next: FailoverState): void {
  if (before.outcome !== undefined) {
    assert.deepEqual(next.outcome, before.outcome);
    assert.equal(next.position, before.position);
    assert.deepEqual(withoutStatuses(next), withoutStatuses(before));
  } else if (next.outcome !== undefined) {
    assert.equal(next.outcome.at, event.at);
    expectReason[next.outcome.status](before, event, next);
  }
}

function withoutStatuses({ steps }: FailoverState): unknown {
  return steps.map((step) => ({ ...step, status: undefined }));
}

/** What an outcome of each status must rest on. */
const expectReason = {
  completed: (before: FailoverState, event: FailoverEvent, next: FailoverState): void => {
    const { position, cause } = endOf(next);
    const previousMet = event.kind === 'previous_met';
    const late = position < before.position && !previousMet;
    assert.ok(previousMet || isMet(next, position), 'completed without a success');
    assert.equal(next.steps[position]?.outcome, 'met');
    assert.equal(cause, late ? 'late_success' : 'condition_met');
    assert.ok(!late || next.plan.stopOnLateSuccess, 'ended by a late success that nobody wanted');
  },
  error: (before: FailoverState, event: FailoverEvent, next: FailoverState): void => {
    const { position } = endOf(next);
    assert.ok(isLastStep(next.plan, position), 'gave up before the last step');
    assert.ok(!isMet(next, position), 'an error in spite of a success');
    assert.equal(next.steps[position]?.outcome, 'failed');
    expectJustified(before, event, next, next.steps[position]?.cause);
  },
  canceled: (_before: FailoverState, event: FailoverEvent, next: FailoverState): void => {
    assert.equal(event.kind, 'canceled');
    assert.equal(endOf(next).cause, 'canceled');
  },
};

function endOf({ outcome }: FailoverState): DispatchOutcome {
  assert.ok(outcome !== undefined);
  return outcome;
}

function isMet({ steps, plan }: FailoverState, position: number): boolean {
  return satisfies(steps[position]?.status ?? 'planned', plan.steps[position]?.condition);
}

function expectOrderlyMove(before: FailoverState, event: FailoverEvent, next: FailoverState): void {
  const moved = next.position - before.position;
  if (moved === 0) {
    return;
  }
  if (moved < 0) {
    assert.deepEqual([event.kind, moved], ['previous_met', -1]);
    return;
  }
  assert.equal(moved, 1);
  assert.equal(next.steps[next.position]?.startedAt, event.at);
  if (before.position === -1) {
    assert.equal(event.kind, 'started');
    return;
  }
  const left = next.steps[before.position];
  assert.equal(left?.outcome, 'failed_over');
  expectJustified(before, event, next, left?.cause);
}

/** A step is only left for a reason that the event and the state before show. */
function expectJustified(
  before: FailoverState,
  event: FailoverEvent,
  next: FailoverState,
  cause: StepCause | undefined,
): void {
  const { plan, position } = before;
  const known = next.steps[position]?.status;
  const { required, ...rest } = cause ?? {};
  assert.equal(required, plan.steps[position]?.condition);
  assert.deepEqual(rest, { kind: dueCause(before, event, known), lastStatus: known, at: event.at });
}

/** The only cause that the event may give for leaving the step. */
function dueCause(before: FailoverState, event: FailoverEvent, known: string | undefined): string {
  const isLast = isLastStep(before.plan, before.position);
  switch (event.kind) {
    case 'time_passed':
      assert.ok(event.at >= deadlineOf(before), 'given up before the deadline');
      return isLast ? 'last_step_limit' : 'expired';
    case 'send_failed':
      return event.cause;
    case 'send_unknown':
      return mayLeave(event.policy, isLast) ? 'send_outcome_unknown' : failureOf(known);
    case 'status':
    case 'send_accepted':
      return failureOf(known);
    default:
      return assert.fail(`a step was left because of ${event.kind}`);
  }
}

function mayLeave(policy: UnknownPolicy, isLast: boolean): boolean {
  return policy === 'fail_over' && !isLast;
}

function failureOf(status: string | undefined): string {
  return status === 'rejected' || status === 'undeliverable' ? status : 'no failure';
}

/** Whatever lies behind has an end and its cause; whatever lies ahead has not begun. */
function expectNothingSkipped({ steps, position, outcome }: FailoverState): void {
  for (const [index, step] of steps.entries()) {
    if (index > position) {
      assert.deepEqual([step.phase, step.startedAt], ['planned', undefined]);
    } else if (index < position || outcome !== undefined) {
      assert.equal(step.phase, 'ended');
      assert.ok(
        step.outcome !== undefined && step.cause !== undefined,
        `step ${index} lacks its end`,
      );
    } else {
      assert.ok(step.phase === 'sending' || step.phase === 'waiting');
      assert.equal(step.outcome, undefined);
    }
  }
}

function expectFittingAction(state: FailoverState): void {
  const action = nextAction(state);
  if (state.outcome !== undefined) {
    assert.deepEqual(action, { kind: 'finish', outcome: state.outcome });
    return;
  }
  assert.ok(action.kind !== 'finish', 'finishes without an outcome');
  assert.equal(action.position, state.position);
  assert.equal(action.kind === 'send', state.steps[state.position]?.phase === 'sending');
}

/** A hand-over ends once, and time counts only after it; a cancel always counts. */
function expectHeardInItsTime(
  before: FailoverState,
  event: FailoverEvent,
  next: FailoverState,
): void {
  const sending = before.steps[before.position]?.phase === 'sending';
  switch (event.kind) {
    case 'send_accepted':
    case 'send_failed':
    case 'send_unknown':
    case 'previous_met':
      assert.ok((sending && event.position === before.position) || next === before);
      break;
    case 'time_passed':
      assert.ok(!sending || next === before, 'expired during a hand-over');
      break;
    case 'canceled':
      assert.ok(next.outcome !== undefined);
      break;
    default:
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
