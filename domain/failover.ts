/**
 * The decision: what a dispatch does next. A pure function of state, event and time, driven by the workflow and shared
 * with everything that explains or simulates. Instants are milliseconds since the epoch, on Temporal's clock.
 */
import { isFailure, isProgress, satisfies } from './message';
import type {
  CauseKind,
  Condition,
  EndStatus,
  MessageStatus,
  StepOutcome,
  UnknownPolicy,
} from './vocabulary';

/** What one step asks for. The last one has neither condition nor expiry. */
export interface StepPlan {
  readonly condition?: Condition;
  /** How long the condition may take, in milliseconds. */
  readonly expiryMs?: number;
}

export interface FailoverPlan {
  readonly steps: readonly StepPlan[];
  /** How long the last step may stay without a final status, in milliseconds. Default three days. */
  readonly lastStepLimitMs: number;
  /** Whether a late success of an earlier step ends the dispatch. */
  readonly stopOnLateSuccess: boolean;
}

/** Why a step moved on or ended: one cause, and what it was decided from. */
export interface StepCause {
  readonly kind: CauseKind;
  readonly required?: Condition;
  readonly lastStatus: MessageStatus | 'planned';
  readonly at: number;
}

/**
 * `planned`: not begun. `sending`: a hand-over is under way. `waiting`: handed over (or perhaps: its outcome is unknown);
 * its condition is awaited. `ended`: decided.
 */
export type StepPhase = 'planned' | 'sending' | 'waiting' | 'ended';

export interface StepState {
  readonly phase: StepPhase;
  readonly status: MessageStatus | 'planned';
  readonly startedAt?: number;
  readonly acceptedAt?: number;
  readonly outcome?: StepOutcome;
  readonly cause?: StepCause;
}

export interface DispatchOutcome {
  readonly status: EndStatus;
  readonly cause: CauseKind;
  /** The step that decided it. */
  readonly position: number;
  readonly at: number;
}

export interface FailoverState {
  readonly plan: FailoverPlan;
  /** The current step; -1 before the start. */
  readonly position: number;
  readonly steps: readonly StepState[];
  readonly outcome?: DispatchOutcome;
}

export type FailoverEvent =
  | { readonly kind: 'started'; readonly at: number }
  /** A provider took the message at `acceptedAt`; `status` is what its receipts have said meanwhile. */
  | {
      readonly kind: 'send_accepted';
      readonly position: number;
      readonly at: number;
      readonly acceptedAt: number;
      readonly status: MessageStatus;
    }
  /** Nobody took it, for good. */
  | {
      readonly kind: 'send_failed';
      readonly position: number;
      readonly at: number;
      readonly cause: 'send_refused' | 'no_account' | 'expired';
    }
  /** Perhaps a provider took it; `policy` says what its account wants then. */
  | {
      readonly kind: 'send_unknown';
      readonly position: number;
      readonly at: number;
      readonly policy: UnknownPolicy;
    }
  /** Nothing was sent: the step before had met its condition by then. */
  | {
      readonly kind: 'previous_met';
      readonly position: number;
      readonly at: number;
      readonly status: MessageStatus;
    }
  | {
      readonly kind: 'status';
      readonly position: number;
      readonly at: number;
      readonly status: MessageStatus;
    }
  | { readonly kind: 'time_passed'; readonly at: number }
  | { readonly kind: 'canceled'; readonly at: number };

/** What the workflow does next. `wait`: for news, `until` at the latest. */
export type Action =
  | { readonly kind: 'send'; readonly position: number }
  | { readonly kind: 'wait'; readonly position: number; readonly until: number }
  | { readonly kind: 'finish'; readonly outcome: DispatchOutcome };

/** A dispatch before its first step. */
export function beginFailover(plan: FailoverPlan): FailoverState {
  return {
    plan,
    position: -1,
    steps: plan.steps.map(() => ({ phase: 'planned', status: 'planned' })),
  };
}

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
      return finish(state, 'canceled', 'canceled', event.at);
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

export function isLastStep(plan: FailoverPlan, position: number): boolean {
  return position === plan.steps.length - 1;
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
  return finish({ ...told, steps, position: previous }, 'completed', 'condition_met', event.at);
}

/** Decides from what is known, without looking at the clock. */
function settle(state: FailoverState, at: number): FailoverState {
  const step = stepAt(state, state.position);
  if (satisfies(step.status, state.plan.steps[state.position]?.condition)) {
    return finish(state, 'completed', 'condition_met', at);
  }
  const late = lateSuccess(state);
  if (late !== undefined) {
    return finish(state, 'completed', 'late_success', at, late);
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
function leaveStep(state: FailoverState, kind: CauseKind, at: number): FailoverState {
  const { plan, position } = state;
  if (isLastStep(plan, position)) {
    return finish(state, 'error', kind, at);
  }
  const left = withStep(state, position, {
    phase: 'ended',
    outcome: 'failed_over',
    cause: causeOf(state, position, kind, at),
  });
  return startStep(left, position + 1, at);
}

function startStep(state: FailoverState, position: number, at: number): FailoverState {
  const begun = withStep(state, position, { phase: 'sending', startedAt: at });
  return settle({ ...begun, position }, at);
}

function finish(
  state: FailoverState,
  status: EndStatus,
  kind: CauseKind,
  at: number,
  decidedBy: number = state.position,
): FailoverState {
  const ended = state.steps.map((step, index) =>
    step.phase === 'sending' || step.phase === 'waiting' || index === decidedBy
      ? { ...step, phase: 'ended' as const, ...endOf(state, index, status, kind, at, decidedBy) }
      : step,
  );
  return {
    ...state,
    steps: ended,
    outcome: { status, cause: kind, position: Math.max(decidedBy, 0), at },
  };
}

const OUTCOME_OF_END: Readonly<Record<EndStatus, StepOutcome>> = {
  completed: 'met',
  error: 'failed',
  canceled: 'canceled',
};

function endOf(
  state: FailoverState,
  index: number,
  status: EndStatus,
  kind: CauseKind,
  at: number,
  decidedBy: number,
): Pick<StepState, 'outcome' | 'cause'> {
  const outcome = index === decidedBy ? OUTCOME_OF_END[status] : 'left';
  return { outcome, cause: causeOf(state, index, kind, at) };
}

function causeOf(state: FailoverState, position: number, kind: CauseKind, at: number): StepCause {
  const required = state.plan.steps[position]?.condition;
  const lastStatus = stepAt(state, position).status;
  return { kind, lastStatus, at, ...(required === undefined ? {} : { required }) };
}

function isSending(state: FailoverState, position: number): boolean {
  return state.position === position && stepAt(state, position).phase === 'sending';
}

function withStatus(state: FailoverState, position: number, status: MessageStatus): FailoverState {
  const known = state.steps[position];
  return known !== undefined && isProgress(known.status, status)
    ? withStep(state, position, { status })
    : state;
}

function withStep(
  state: FailoverState,
  position: number,
  change: Partial<StepState>,
): FailoverState {
  return {
    ...state,
    steps: state.steps.map((step, index) => (index === position ? { ...step, ...change } : step)),
  };
}

function stepAt(state: FailoverState, position: number): StepState {
  return state.steps[position] ?? { phase: 'planned', status: 'planned' };
}
