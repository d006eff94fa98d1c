import type { Failover } from './dispatch';
import type { MessageError, Party, Usage } from './message';
import type {
  AttemptState,
  CallbackEvent,
  CallbackState,
  CauseKind,
  Channel,
  Condition,
  DispatchStatus,
  MessageStatus,
  StepOutcome,
} from './vocabulary';

/** Why a step ended. `at` is ISO 8601. */
export interface StepCauseView {
  readonly kind: CauseKind;
  /** The condition that was to be met. */
  readonly required?: Condition;
  /** How far the message had come. */
  readonly lastStatus?: MessageStatus | 'planned';
  readonly at?: string;
}

/** One status a message took. `at` is ISO 8601. */
export interface StatusView {
  readonly status: MessageStatus;
  readonly at: string;
}

/** One hand-over of a message to an account, as it is shown. */
export interface AttemptView {
  /** Counts from 1 per message. */
  readonly number: number;
  /** Code of the provider. */
  readonly provider: string;
  /** Id of the account (dispatch config). */
  readonly account: string;
  readonly state: AttemptState;
  /** When the permit was taken, ISO 8601. */
  readonly at: string;
  /** Milliseconds from the permit to the result; absent while it is open. */
  readonly ms?: number;
  readonly error?: MessageError;
}

/** One step with all that happened to it. Instants are ISO 8601; absent means: not yet, or never. */
export interface StepView {
  readonly position: number;
  readonly channel: Channel;
  readonly failover?: Failover;
  readonly messageId: string;
  readonly status: MessageStatus | 'planned';
  readonly startedAt?: string;
  readonly acceptedAt?: string;
  readonly expiresAt?: string;
  readonly endedAt?: string;
  readonly outcome?: StepOutcome;
  readonly cause?: StepCauseView;
  readonly statuses: readonly StatusView[];
  readonly attempts: readonly AttemptView[];
  readonly usage?: Usage;
}

/** A message by itself: its step, its dispatch, and whom it goes to. Parties are absent once they were erased. */
export interface MessageView extends StepView {
  readonly dispatchId: string;
  readonly recipient?: Party;
  readonly sender?: Party;
}

/** One callback to the caller, as it is shown. */
export interface CallbackView {
  /** The `webhook-id` header of its posts. */
  readonly id: string;
  readonly event: CallbackEvent;
  /** Absent for a final report. */
  readonly messageId?: string;
  readonly status: string;
  readonly state: CallbackState;
  /** Posts so far. */
  readonly attempts: number;
  /** When it was last posted, ISO 8601. */
  readonly lastAt?: string;
}

/** A dispatch with its whole timeline: what GET answers from. Instants are ISO 8601. */
export interface DispatchView {
  readonly dispatchId: string;
  readonly status: DispatchStatus;
  /** Why it ended; absent while it runs. */
  readonly cause?: CauseKind;
  readonly createdAt: string;
  readonly endedAt?: string;
  /** Totals so far: the dispatch's own currency first, then others that were charged. */
  readonly totals: readonly [Usage, ...Usage[]];
  /** Position of the step last started; absent before the first. */
  readonly currentStep?: number;
  readonly steps: readonly StepView[];
  readonly callbacks: readonly CallbackView[];
}
