import type { Failover } from '../domain/dispatch';
import type {
  AttemptView,
  CallbackView,
  DispatchView,
  MessageView,
  StepCauseView,
  StepView,
} from '../domain/dispatch-view';
import type { Usage } from '../domain/message';
import type { ErrorClass } from '../domain/vocabulary';
import { partyBody } from './message-status-callback';

/** `failover` as GET answers it, spelled as it was asked. */
export interface FailoverBody {
  readonly expiry_time: number;
  readonly condition_status: string;
}

/** Why a step ended. */
export interface CauseBody {
  readonly kind: string;
  readonly required?: string;
  readonly last_status?: string;
  readonly at?: string;
}

/** One hand-over to an account. */
export interface AttemptBody {
  readonly number: number;
  readonly provider: string;
  readonly account: string;
  readonly state: string;
  readonly at: string;
  readonly ms?: number;
  readonly error?: { readonly class: ErrorClass; readonly code: number; readonly reason: string };
}

/** One step. Keys whose value is unknown are undefined and so absent in JSON. */
export interface StepBody {
  readonly position: number;
  readonly channel: string;
  readonly failover?: FailoverBody;
  readonly message_uuid: string;
  readonly status: string;
  readonly started_at?: string;
  readonly accepted_at?: string;
  readonly expires_at?: string;
  readonly ended_at?: string;
  readonly outcome?: string;
  readonly cause?: CauseBody;
  readonly statuses: readonly { readonly status: string; readonly at: string }[];
  readonly attempts: readonly AttemptBody[];
  readonly usage?: Usage;
}

/** One callback to the caller. */
export interface CallbackBody {
  readonly id: string;
  readonly event: string;
  readonly message_uuid?: string;
  readonly status: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_at?: string;
}

/** A step by itself, with its dispatch and its parties. */
export interface MessageBody extends StepBody {
  readonly dispatch_uuid: string;
  readonly to?: object;
  readonly from?: object;
}

/** The answer to GET of a dispatch. */
export interface DispatchBody {
  readonly dispatch_uuid: string;
  readonly template: 'failover';
  readonly status: string;
  readonly cause?: string;
  readonly created_at: string;
  readonly ended_at?: string;
  readonly usage: Usage;
  /** Totals per currency; only when more than one was charged. */
  readonly usage_by_currency?: readonly Usage[];
  readonly current_step?: number;
  readonly steps: readonly StepBody[];
  readonly callbacks: readonly CallbackBody[];
}

/** What GET of a dispatch answers. */
export function dispatchBody(view: DispatchView): DispatchBody {
  return {
    dispatch_uuid: view.dispatchId,
    template: 'failover',
    status: view.status,
    cause: view.cause,
    created_at: view.createdAt,
    ended_at: view.endedAt,
    usage: usageBody(view.totals[0]),
    usage_by_currency: view.totals.length > 1 ? view.totals.map(usageBody) : undefined,
    current_step: view.currentStep,
    steps: view.steps.map(stepBody),
    callbacks: view.callbacks.map(callbackBody),
  };
}

/** What GET of a message answers: its step, its dispatch, and whom it goes to. */
export function messageBody(view: MessageView): MessageBody {
  return {
    dispatch_uuid: view.dispatchId,
    ...stepBody(view),
    to: partyBody(view.recipient),
    from: partyBody(view.sender),
  };
}

function stepBody(step: StepView): StepBody {
  return {
    position: step.position,
    channel: step.channel,
    failover: step.failover && failoverBody(step.failover),
    message_uuid: step.messageId,
    status: step.status,
    started_at: step.startedAt,
    accepted_at: step.acceptedAt,
    expires_at: step.expiresAt,
    ended_at: step.endedAt,
    outcome: step.outcome,
    cause: step.cause && causeBody(step.cause),
    statuses: step.statuses.map(({ status, at }) => ({ status, at })),
    attempts: step.attempts.map(attemptBody),
    usage: step.usage && usageBody(step.usage),
  };
}

function failoverBody(failover: Failover): FailoverBody {
  return { expiry_time: failover.expirySeconds, condition_status: failover.condition };
}

function causeBody(cause: StepCauseView): CauseBody {
  return {
    kind: cause.kind,
    required: cause.required,
    last_status: cause.lastStatus,
    at: cause.at,
  };
}

function attemptBody(attempt: AttemptView): AttemptBody {
  const { number, provider, account, state, at, ms, error } = attempt;
  return {
    number,
    provider,
    account,
    state,
    at,
    ms,
    error: error && { class: error.class, code: error.code, reason: error.reason },
  };
}

function callbackBody(callback: CallbackView): CallbackBody {
  return {
    id: callback.id,
    event: callback.event,
    message_uuid: callback.messageId,
    status: callback.status,
    state: callback.state,
    attempts: callback.attempts,
    last_at: callback.lastAt,
  };
}

function usageBody({ price, currency }: Usage): Usage {
  return { price, currency };
}
