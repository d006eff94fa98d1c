/** Stories of dispatches: what is asked, what providers do, and how it ends. Each is lived once, for real. */
import type { Dial } from '../../dev/simulator/dials';
import type { StepWish } from '../support/product';

export interface Story {
  /** Its file in the replay corpus. */
  readonly name: string;
  readonly fact: string;
  readonly steps: readonly StepWish[];
  /** What providers do beyond the usual and the magic recipients. */
  readonly dials?: readonly Dial[];
  /** Posted by the application whose late successes end its dispatches. */
  readonly stopOnLateSuccess?: true;
  /** What happens meanwhile: see `PLOTS`. */
  readonly plot?: 'success is stored but not told' | 'canceled' | 'canceled while sending';
  /** Status and cause. */
  readonly ends: string;
  /** Of each step its outcome and cause, or that it was never begun. */
  readonly outcomes: readonly string[];
}

const VIBER = 'viber_service_msg';
const MET = 'met: condition_met';
const SMS: StepWish = { channel: 'sms', to: '447700900001' };
/** Longer than anything here takes. */
const LONG = 60;
/** Short, with room for a slow machine between the hand-over and the end. */
const SHORT = 2;

const SUBMITTED = { status: 'submitted', afterMs: 50 };

export const STORIES: readonly Story[] = [
  {
    name: 'met-at-once',
    fact: 'ends with the first step when its condition is met',
    steps: [{ channel: VIBER, to: '447700900001', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: [MET, 'planned'],
  },
  {
    name: 'expired-then-met',
    fact: 'fails over when the condition is not met before the expiry',
    steps: [{ channel: VIBER, to: '447700990200', expiry: SHORT }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: expired', MET],
  },
  {
    name: 'read-not-reached',
    fact: 'does not take delivered for read',
    steps: [{ channel: VIBER, to: '447700990204', expiry: SHORT, condition: 'read' }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: expired', MET],
  },
  {
    name: 'rejected',
    fact: 'fails over at once when the message is rejected',
    steps: [{ channel: VIBER, to: '447700990202', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: rejected', MET],
  },
  {
    name: 'undeliverable',
    fact: 'fails over at once when the message turns out undeliverable',
    steps: [{ channel: VIBER, to: '447700990203', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: undeliverable', MET],
  },
  {
    name: 'refused-send',
    fact: 'fails over at once when the provider refuses the message',
    steps: [{ channel: VIBER, to: '447700990404', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: send_refused', MET],
  },
  {
    name: 'no-account',
    fact: 'fails over at once where no account can send',
    steps: [{ channel: 'mms', to: '447700900001', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: no_account', MET],
  },
  {
    name: 'unknown-wait',
    fact: 'waits out an unknown outcome where the account says so',
    steps: [{ channel: 'sms', to: '447700990121', expiry: SHORT }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: expired', MET],
  },
  {
    name: 'unknown-wait-then-met',
    fact: 'takes the receipt of a message whose outcome was unknown',
    steps: [{ channel: 'sms', to: '447700900002', expiry: LONG }, SMS],
    dials: [
      {
        to: '447700900002',
        answer: { kind: 'drop' },
        statuses: [{ status: 'delivered', afterMs: 500 }],
      },
    ],
    ends: 'completed: condition_met',
    outcomes: [MET, 'planned'],
  },
  {
    name: 'unknown-fail-over',
    fact: 'fails over at once at an unknown outcome where the account says so',
    steps: [{ channel: 'whatsapp', to: '447700990121', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: send_outcome_unknown', MET],
  },
  {
    name: 'unknown-resend',
    fact: 'sends again at an unknown outcome where the account says so',
    steps: [{ channel: 'messenger', to: 'person-900003', expiry: LONG }, SMS],
    dials: [{ to: 'person-900003', answer: { kind: 'drop', taken: false, times: 1 } }],
    ends: 'completed: condition_met',
    outcomes: [MET, 'planned'],
  },
  {
    name: 'second-account',
    fact: 'sends by the second account when the first one fails',
    steps: [{ channel: VIBER, to: '447700900004', expiry: LONG }, SMS],
    dials: [
      {
        name: 'first account fails',
        to: '447700900004',
        apiKey: 'simulator-key',
        answer: { kind: 'fail', status: 500 },
      },
    ],
    ends: 'completed: condition_met',
    outcomes: [MET, 'planned'],
  },
  {
    name: 'late-success',
    fact: 'lets a late success pass unless the application wants it to end the dispatch',
    steps: [
      { channel: VIBER, to: '447700900005', expiry: SHORT },
      { channel: 'sms', to: '447700900006' },
    ],
    dials: [
      { to: '447700900005', statuses: [SUBMITTED, { status: 'delivered', afterMs: 4_500 }] },
      { to: '447700900006', statuses: [SUBMITTED, { status: 'delivered', afterMs: 5_500 }] },
    ],
    ends: 'completed: condition_met',
    outcomes: ['failed_over: expired', MET],
  },
  {
    name: 'late-success-stops',
    fact: 'ends with a late success where the application wants that',
    steps: [
      { channel: VIBER, to: '447700900007', expiry: SHORT },
      { channel: 'sms', to: '447700990200' },
    ],
    dials: [{ to: '447700900007', statuses: [SUBMITTED, { status: 'delivered', afterMs: 4_500 }] }],
    stopOnLateSuccess: true,
    ends: 'completed: late_success',
    outcomes: ['met: late_success', 'left: late_success'],
  },
  {
    name: 'previous-met',
    fact: 'does not begin a step when the one before was met, even if its workflow was not told',
    // Over before the five seconds after which the stored success is told to the workflow after all.
    steps: [{ channel: VIBER, to: '447700990200', expiry: 3 }, SMS],
    plot: 'success is stored but not told',
    ends: 'completed: condition_met',
    outcomes: [MET, 'planned'],
  },
  {
    name: 'early-receipt',
    fact: 'takes a receipt that comes before the provider has answered',
    steps: [{ channel: VIBER, to: '447700990221', expiry: LONG }, SMS],
    ends: 'completed: condition_met',
    outcomes: [MET, 'planned'],
  },
  {
    name: 'canceled',
    fact: 'ends when it is canceled while it waits',
    steps: [{ channel: VIBER, to: '447700990200', expiry: LONG }, SMS],
    plot: 'canceled',
    ends: 'canceled: canceled',
    outcomes: ['canceled: canceled', 'planned'],
  },
  {
    name: 'canceled-while-sending',
    fact: 'ends when it is canceled during a hand-over, without waiting for the answer',
    steps: [{ channel: VIBER, to: '447700990100', expiry: LONG }, SMS],
    plot: 'canceled while sending',
    ends: 'canceled: canceled',
    outcomes: ['canceled: canceled', 'planned'],
  },
  {
    name: 'last-step-rejected',
    fact: 'ends as an error when the last step is rejected',
    steps: [{ channel: 'sms', to: '447700990202' }],
    ends: 'error: rejected',
    outcomes: ['failed: rejected'],
  },
  {
    name: 'last-step-limit',
    fact: 'ends as an error when the last step stays silent up to its limit',
    steps: [
      { channel: VIBER, to: '447700990404', expiry: LONG },
      { channel: 'sms', to: '447700990200' },
    ],
    ends: 'error: last_step_limit',
    outcomes: ['failed_over: send_refused', 'failed: last_step_limit'],
  },
  {
    name: 'last-step-refused',
    fact: 'ends as an error when nobody takes the last step in its time',
    steps: [{ channel: 'sms', to: '447700990500' }],
    ends: 'error: send_refused',
    outcomes: ['failed: send_refused'],
  },
  {
    name: 'five-steps',
    fact: 'goes through five steps of three statuses each',
    steps: [
      { channel: VIBER, to: '447700900105', expiry: SHORT, condition: 'read' },
      { channel: 'whatsapp', to: '447700900105', expiry: SHORT, condition: 'read' },
      { channel: 'messenger', to: 'person-900105', expiry: SHORT, condition: 'read' },
      { channel: VIBER, to: '447700910105', expiry: SHORT, condition: 'read' },
      { channel: 'sms', to: '447700920105' },
    ],
    dials: [
      {
        toSuffix: '0105',
        statuses: [
          SUBMITTED,
          { status: 'delivered', afterMs: 200 },
          { status: 'read', afterMs: 4_000 },
        ],
      },
    ],
    ends: 'completed: condition_met',
    outcomes: [
      'failed_over: expired',
      'failed_over: expired',
      'failed_over: expired',
      'failed_over: expired',
      MET,
    ],
  },
];
