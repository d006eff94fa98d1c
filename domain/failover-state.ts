/** What the decision knows and what may happen to it. Instants are milliseconds since the epoch, on Temporal's clock. */
import { isProgress } from './message';
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

export function isLastStep(plan: FailoverPlan, position: number): boolean {
  return position === plan.steps.length - 1;
}

/** How a dispatch is ended, and by which step. */
export interface EndOfDispatch {
  readonly status: EndStatus;
  readonly cause: CauseKind;
  readonly at: number;
  /** Default: the current step. */
  readonly decidedBy?: number;
}

const OUTCOME_OF_END: Readonly<Record<EndStatus, StepOutcome>> = {
  completed: 'met',
  error: 'failed',
  canceled: 'canceled',
};

/** Ends the dispatch, and with it every step that was under way. */
export function finish(state: FailoverState, end: EndOfDispatch): FailoverState {
  const { status, cause, at, decidedBy = state.position } = end;
  const steps = state.steps.map((step, index): StepState => {
    if (step.phase !== 'sending' && step.phase !== 'waiting' && index !== decidedBy) {
      return step;
    }
    const outcome = index === decidedBy ? OUTCOME_OF_END[status] : 'left';
    return { ...step, phase: 'ended', outcome, cause: causeOf(state, index, { cause, at }) };
  });
  return { ...state, steps, outcome: { status, cause, position: Math.max(decidedBy, 0), at } };
}

/** Why a step ended, with what was known of it. */
export function causeOf(
  state: FailoverState,
  position: number,
  { cause, at }: { readonly cause: CauseKind; readonly at: number },
): StepCause {
  const required = state.plan.steps[position]?.condition;
  const lastStatus = stepAt(state, position).status;
  return { kind: cause, lastStatus, at, ...(required === undefined ? {} : { required }) };
}

/** Whether a hand-over of this step, the current one, is under way. */
export function isSending(state: FailoverState, position: number): boolean {
  return state.position === position && stepAt(state, position).phase === 'sending';
}

/** Raises a status; one that says nothing new changes nothing. */
export function withStatus(
  state: FailoverState,
  position: number,
  status: MessageStatus,
): FailoverState {
  const known = state.steps[position];
  return known !== undefined && isProgress(known.status, status)
    ? withStep(state, position, { status })
    : state;
}

export function withStep(
  state: FailoverState,
  position: number,
  change: Partial<StepState>,
): FailoverState {
  return {
    ...state,
    steps: state.steps.map((step, index) => (index === position ? { ...step, ...change } : step)),
  };
}

export function stepAt(state: FailoverState, position: number): StepState {
  return state.steps[position] ?? { phase: 'planned', status: 'planned' };
}
