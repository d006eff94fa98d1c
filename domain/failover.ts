/**
 * The decision: what a dispatch does next. A pure function of state, event and time, driven by the workflow and shared
 * with everything that explains or simulates. Instants are milliseconds since the epoch, on Temporal's clock.
 */
import {
  causeOf,
  finish,
  isLastStep,
  isSending,
  stepAt,
  withStatus,
  withStep,
  type Action,
  type EndOfDispatch,
  type FailoverEvent,
  type FailoverState,
} from './failover-state';
import { isFailure, satisfies } from './message';
import type { CauseKind, Condition, MessageStatus } from './vocabulary';

/** Folds one event into the state. After the outcome only statuses still change. */
export function reduce(state: FailoverState, event: FailoverEvent): FailoverState {
  if (state.outcome !== undefined) {
    return event.kind === 'status' ? withStatus(state, event.position, event.status) : state;
  }
  switch (event.kind) {
    case 'started':
      return state.position === -1 ? startStep(state, 0, event.at) : state;
    case 'send_accepted':
      return accepted(state, event);
    case 'send_failed':
      return failed(state, event);
    case 'send_unknown':
      return unknown(state, event);
    case 'previous_met':
      return previousMet(state, event);
    case 'status':
      return settle(withStatus(state, event.position, event.status), event.at);
    case 'time_passed':
      return expire(state, event.at);
    case 'canceled':
      return finish(state, { status: 'canceled', cause: 'canceled', at: event.at });
  }
}

/** What is to be done now. Before the start nothing is: the workflow begins with `started`. */
export function nextAction(state: FailoverState): Action {
  const { outcome, position } = state;
  if (outcome !== undefined) {
    return { kind: 'finish', outcome };
  }
  return stepAt(state, position).phase === 'sending'
    ? { kind: 'send', position }
    : { kind: 'wait', position, until: deadlineOf(state) };
}

/**
 * When the current step is given up: its expiry counted from the provider's acceptance, from the step's start where that
 * never came; the last step's limit likewise.
 */
export function deadlineOf(state: FailoverState): number {
  const step = stepAt(state, state.position);
  const plan = state.plan.steps[state.position];
  const from = step.acceptedAt ?? step.startedAt ?? 0;
  return from + (plan?.expiryMs ?? state.plan.lastStepLimitMs);
}

/** A receipt's news as `receipts/` sees it, to decide whether the workflow must hear of it. */
export interface StatusNews {
  readonly status: MessageStatus;
  readonly position: number;
  readonly condition?: Condition;
  /** The step last claimed. */
  readonly dispatchPosition: number;
  readonly stopOnLateSuccess: boolean;
}

/** Whether a status of a running dispatch may change what it does next: only then is its workflow woken. */
export function mayChangeDecision(news: StatusNews): boolean {
  const success = satisfies(news.status, news.condition);
  if (news.position < news.dispatchPosition) {
    return success && news.stopOnLateSuccess;
  }
  return success || isFailure(news.status);
}

function accepted(
  state: FailoverState,
  event: Extract<FailoverEvent, { kind: 'send_accepted' }>,
): FailoverState {
  if (!isSending(state, event.position)) {
    return state;
  }
  // A provider's clock may say that it accepted before the step began: its expiry would then end too early.
  const begunAt = stepAt(state, event.position).startedAt ?? event.acceptedAt;
  const waiting = withStep(state, event.position, {
    phase: 'waiting',
    acceptedAt: Math.max(event.acceptedAt, begunAt),
  });
  return settle(withStatus(waiting, event.position, event.status), event.at);
}

/** A message that nobody took counts as rejected; of one whose time ran out nobody knows. */
function failed(
  state: FailoverState,
  event: Extract<FailoverEvent, { kind: 'send_failed' }>,
): FailoverState {
  if (!isSending(state, event.position)) {
    return state;
  }
  const told = event.cause === 'expired' ? state : withStatus(state, event.position, 'rejected');
  return leaveStep(told, event.cause, event.at);
}

function unknown(
  state: FailoverState,
  event: Extract<FailoverEvent, { kind: 'send_unknown' }>,
): FailoverState {
  if (!isSending(state, event.position)) {
    return state;
  }
  // The last step has nobody to fail over to: it waits for a receipt whatever the policy says.
  if (event.policy === 'fail_over' && !isLastStep(state.plan, event.position)) {
    return leaveStep(state, 'send_outcome_unknown', event.at);
  }
  return settle(withStep(state, event.position, { phase: 'waiting' }), event.at);
}

/** Success wins as long as the next step has not been claimed (contract 9.16): the next step was never begun. */
function previousMet(
  state: FailoverState,
  event: Extract<FailoverEvent, { kind: 'previous_met' }>,
): FailoverState {
  const previous = event.position - 1;
  if (!isSending(state, event.position) || previous < 0) {
    return state;
  }
  const told = withStatus(state, previous, event.status);
  const steps = told.steps.map((step, index) =>
    index === event.position ? ({ phase: 'planned', status: step.status } as const) : step,
  );
  return finish({ ...told, steps, position: previous }, met(event.at));
}

/** Decides from what is known, without looking at the clock. */
function settle(state: FailoverState, at: number): FailoverState {
  const step = stepAt(state, state.position);
  if (satisfies(step.status, state.plan.steps[state.position]?.condition)) {
    return finish(state, met(at));
  }
  const late = lateSuccess(state);
  if (late !== undefined) {
    return finish(state, { status: 'completed', cause: 'late_success', at, decidedBy: late });
  }
  // While a hand-over is under way, only its own end tells whether a failure was the latest attempt's.
  if (step.phase === 'waiting' && isFailure(step.status)) {
    return leaveStep(state, step.status, at);
  }
  return state;
}

function lateSuccess(state: FailoverState): number | undefined {
  if (!state.plan.stopOnLateSuccess) {
    return undefined;
  }
  const position = state.plan.steps.findIndex(
    (plan, index) =>
      index < state.position && satisfies(stepAt(state, index).status, plan.condition),
  );
  return position === -1 ? undefined : position;
}

function expire(state: FailoverState, at: number): FailoverState {
  const settled = settle(state, at);
  if (settled !== state || stepAt(state, state.position).phase !== 'waiting') {
    return settled;
  }
  if (at < deadlineOf(state)) {
    return state;
  }
  return leaveStep(
    state,
    isLastStep(state.plan, state.position) ? 'last_step_limit' : 'expired',
    at,
  );
}

/** Ends the current step without success: the next one starts, or the dispatch is over. */
function leaveStep(state: FailoverState, cause: CauseKind, at: number): FailoverState {
  const { plan, position } = state;
  if (isLastStep(plan, position)) {
    return finish(state, { status: 'error', cause, at });
  }
  const left = withStep(state, position, {
    phase: 'ended',
    outcome: 'failed_over',
    cause: causeOf(state, position, { cause, at }),
  });
  return startStep(left, position + 1, at);
}

function startStep(state: FailoverState, position: number, at: number): FailoverState {
  const begun = withStep(state, position, { phase: 'sending', startedAt: at });
  return settle({ ...begun, position }, at);
}

function met(at: number): EndOfDispatch {
  return { status: 'completed', cause: 'condition_met', at };
}
