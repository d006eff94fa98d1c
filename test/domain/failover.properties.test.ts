import fc from 'fast-check';
import { mayChangeDecision, nextAction, reduce } from '../../domain/failover';
import {
  beginFailover,
  type FailoverEvent,
  type FailoverPlan,
  type FailoverState,
} from '../../domain/failover-state';
import {
  CONDITIONS,
  MESSAGE_STATUSES,
  UNKNOWN_POLICIES,
  type MessageStatus,
} from '../../domain/vocabulary';
import { accepted, failed, START, started, status } from './failover-events';
import { lawfully } from './failover-laws';
import { HAND_OVER_ENDS, runWorld, type WorldResult, type WorldScript } from './failover-world';

const RUNS = { numRuns: 1_500 };
/** Short, so that many things happen in the same moment. */
const MAX_MS = 60;

const ms = fc.integer({ min: 0, max: MAX_MS });
const expiry = fc.integer({ min: 5, max: MAX_MS });
const anyStatus = fc.constantFrom(...MESSAGE_STATUSES);

/** Objects as JSON gives them, not such without a prototype. */
function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

function plans(minSteps: number): fc.Arbitrary<FailoverPlan> {
  const step = plain({ condition: fc.constantFrom(...CONDITIONS), expiryMs: expiry });
  return plain({
    steps: fc.array(step, { minLength: minSteps - 1, maxLength: 5 }).map((all) => [...all, {}]),
    lastStepLimitMs: expiry,
    stopOnLateSuccess: fc.boolean(),
  });
}

const receipt = fc.record({
  status: anyStatus,
  afterMs: fc.integer({ min: 0, max: 3 * MAX_MS }),
  transitMs: fc.integer({ min: 0, max: 20 }),
  copies: fc.integer({ min: 1, max: 3 }),
});
const stepScript = fc.record({
  claimMs: fc.integer({ min: 0, max: 10 }),
  takesMs: fc.integer({ min: 0, max: 30 }),
  end: fc.oneof(
    { weight: 3, arbitrary: fc.constant('accepted' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...HAND_OVER_ENDS) },
  ),
  acceptedMsAgo: fc.integer({ min: 0, max: MAX_MS }),
  receipts: fc.array(receipt, { maxLength: 5 }),
});
const worlds: fc.Arbitrary<WorldScript> = fc.record({
  plan: plans(1),
  steps: fc.array(stepScript, { minLength: 6, maxLength: 6 }),
  cancelAfterMs: fc.option(fc.integer({ min: 0, max: 4 * MAX_MS }), { nil: undefined, freq: 5 }),
  wakeUpsMs: fc.array(fc.integer({ min: 0, max: 6 * MAX_MS }), { maxLength: 4 }),
  timerLagMs: fc.integer({ min: 0, max: 5 }),
  newestFirst: fc.boolean(),
});

/** Any event at all, possible or not, `afterMs` after the one before. */
const anyEvent = fc
  .record({
    kind: fc.constantFrom(
      'started',
      'send_accepted',
      'send_failed',
      'send_unknown',
      'previous_met',
      'status',
      'status',
      'time_passed',
      'canceled',
    ),
    position: fc.integer({ min: -1, max: 6 }),
    /** Rather about the current step than about any. */
    current: fc.boolean(),
    afterMs: ms,
    acceptedMsAgo: ms,
    status: anyStatus,
    cause: fc.constantFrom('send_refused', 'no_account', 'expired'),
    policy: fc.constantFrom(...UNKNOWN_POLICIES),
  })
  .map(({ current, position, afterMs, acceptedMsAgo, ...event }) => {
    return (state: FailoverState, at: number): FailoverEvent =>
      ({
        ...event,
        position: current ? state.position : position,
        at: at + afterMs,
        acceptedAt: at + afterMs - acceptedMsAgo,
      }) as FailoverEvent;
  });

describe('any events at all', () => {
  test('keep every law: one end, rising ranks, no step skipped, no send after the end', () => {
    fc.assert(
      fc.property(plans(1), fc.array(anyEvent, { maxLength: 40 }), (plan, makers) => {
        let at = START;
        let state = lawfully(beginFailover(plan), started(at));
        for (const make of makers) {
          const event = make(state, at);
          at = event.at;
          state = lawfully(state, event);
        }
      }),
      RUNS,
    );
  });

  test('said twice in a row change nothing the second time', () => {
    fc.assert(
      fc.property(plans(1), fc.array(anyEvent, { maxLength: 20 }), (plan, makers) => {
        let at = START;
        let state = reduce(beginFailover(plan), started(at));
        for (const make of makers) {
          const event = make(state, at);
          at = event.at;
          state = reduce(state, event);
          expect(reduce(state, event)).toStrictEqual(state);
        }
      }),
      RUNS,
    );
  });

  test('end every hand-over of the current step: it is never sent twice', () => {
    fc.assert(
      fc.property(plans(1), fc.nat(5), anyEvent, (plan, nat, make) => {
        const state = sendingStep(plan, nat % plan.steps.length);
        const event = make(state, START);
        fc.pre(HAND_OVER_EVENTS.includes(event.kind));
        fc.pre(event.kind !== 'previous_met' || state.position > 0);

        const next = reduce(state, { ...event, position: state.position } as FailoverEvent);

        expect(nextAction(next)).not.toEqual(nextAction(state));
      }),
      RUNS,
    );
  });
});

/** What may come of a hand-over. */
const HAND_OVER_EVENTS: readonly FailoverEvent['kind'][] = [
  'send_accepted',
  'send_failed',
  'send_unknown',
  'previous_met',
];

/** The plan's step at `position` is being sent: all before it were refused. */
function sendingStep(plan: FailoverPlan, position: number): FailoverState {
  const refusals = Array.from({ length: position }, (_, index) => failed(index, START));
  return [started(), ...refusals].reduce(reduce, beginFailover(plan));
}

describe('every world', () => {
  test('comes to one lawful end, in time', () => {
    fc.assert(
      fc.property(worlds, (script) => {
        const { state, endedAt } = runWorld(script, { fold: lawfully });

        expect(state.outcome).toBeDefined();
        expect(endedAt - START).toBeLessThanOrEqual(longestMs(script));
      }),
      RUNS,
    );
  });

  test('begins each step at most once, in order, and nothing after the end', () => {
    fc.assert(
      fc.property(worlds, (script) => {
        const { actions } = runWorld(script, { fold: reduce });
        const sent = actions.flatMap(({ action }) =>
          action.kind === 'send' ? [action.position] : [],
        );

        expect(sent).toEqual(sent.map((_, index) => index));
        expect(actions.filter(({ action }) => action.kind === 'finish')).toHaveLength(1);
        expect(actions.at(-1)?.action.kind).toBe('finish');
      }),
      RUNS,
    );
  });

  test('begins no step before the one before it failed or its expiry came', () => {
    fc.assert(
      fc.property(worlds, (script) => {
        expectPatience(script, runWorld(script, { fold: reduce }));
      }),
      RUNS,
    );
  });

  test('reaches the same end whether or not the workflow hears what may not change the decision', () => {
    fc.assert(
      fc.property(worlds, (script) => {
        const quiet = runWorld(script, { fold: reduce });
        const loud = runWorld(script, { fold: reduce, tellAll: true });

        expect(loud.actions).toEqual(quiet.actions);
      }),
      RUNS,
    );
  });

  test('loses nothing by a status that the workflow is not woken for', () => {
    fc.assert(
      fc.property(worlds, (script) => {
        runWorld(script, {
          fold: reduce,
          onWithheld: (state, event) => {
            expect(nextAction(reduce(state, event))).toEqual(nextAction(state));
          },
        });
      }),
      RUNS,
    );
  });
});

/** Each step: its hand-over twice over (sent in time, then awaited) and its expiry; then the last step's limit. */
function longestMs({ plan, steps, timerLagMs }: WorldScript): number {
  return plan.steps.reduce((sum, step, position) => {
    const script = steps[position];
    const handOverMs = (script?.claimMs ?? 0) + (script?.takesMs ?? 0);
    return sum + handOverMs + (step.expiryMs ?? plan.lastStepLimitMs) + timerLagMs;
  }, 0);
}

/** Judged by the events alone, without asking the state. */
function expectPatience({ plan }: WorldScript, { actions, events }: WorldResult): void {
  const sends = actions.flatMap(({ at, action }) => (action.kind === 'send' ? [at] : []));
  for (const [previous, nextAt] of sends.slice(1).entries()) {
    const about = events.filter(
      (event) => event.at <= nextAt && 'position' in event && event.position === previous,
    );
    const from = about.reduce(
      (latest, event) =>
        event.kind === 'send_accepted' ? Math.max(latest, event.acceptedAt) : latest,
      sends[previous] ?? Number.NaN,
    );
    const expired = nextAt >= from + (plan.steps[previous]?.expiryMs ?? Number.NaN);
    expect(expired || about.some(isFailed)).toBe(true);
  }
}

function isFailed(event: FailoverEvent): boolean {
  switch (event.kind) {
    case 'send_failed':
      return true;
    case 'send_unknown':
      return event.policy === 'fail_over';
    case 'status':
    case 'send_accepted':
      return event.status === 'rejected' || event.status === 'undeliverable';
    default:
      return false;
  }
}

describe('mayChangeDecision', () => {
  test('is complete: what it holds back never changes the next action of any state', () => {
    const run = fc.tuple(plans(1), fc.array(anyEvent, { maxLength: 12 }));
    fc.assert(
      fc.property(run, fc.nat(5), anyStatus, fc.boolean(), ([plan, makers], nat, value, behind) => {
        let at = START;
        let state = reduce(beginFailover(plan), started(at));
        for (const make of makers) {
          const event = make(state, at);
          at = event.at;
          state = reduce(state, event);
        }
        const position = nat % plan.steps.length;
        // The row's position lags behind the workflow's until the claim.
        const dispatchPosition = state.position - (behind ? 1 : 0);
        const { stopOnLateSuccess } = plan;
        const condition = plan.steps[position]?.condition;
        const news = { status: value, position, dispatchPosition, stopOnLateSuccess };

        if (!mayChangeDecision(condition === undefined ? news : { ...news, condition })) {
          expect(nextAction(reduce(state, status(position, at, value)))).toEqual(nextAction(state));
        }
      }),
      { numRuns: 4_000 },
    );
  });

  test('is sharp: a status of the step that waits changes the next action or is held back', () => {
    fc.assert(
      fc.property(plans(1), fc.nat(5), anyStatus, (plan, nat, value) => {
        const position = nat % plan.steps.length;
        const state = reduce(sendingStep(plan, position), accepted(position, START));
        const condition = plan.steps[position]?.condition;
        const news = {
          status: value,
          position,
          dispatchPosition: position,
          stopOnLateSuccess: false,
        };

        const wakes = mayChangeDecision(condition === undefined ? news : { ...news, condition });

        const changed = reduce(state, status(position, START, value));
        expect(nextAction(changed).kind !== 'wait').toBe(wakes);
      }),
      RUNS,
    );
  });
});

describe('the same statuses without a failure, in any order before the expiry', () => {
  const good = fc.constantFrom<MessageStatus>('submitted', 'delivered', 'read');

  test('of one step, with copies and around the answer, make the same outcome', () => {
    const shuffled = fc
      .array(good, { minLength: 1, maxLength: 5 })
      .chain((all) => fc.tuple(orderings(all), orderings(all)));
    fc.assert(
      fc.property(plans(1), fc.nat(5), shuffled, fc.nat(5), (plan, nat, [one, other], answered) => {
        const position = nat % plan.steps.length;
        const play = (statuses: readonly MessageStatus[], answerAt: number): unknown => {
          const told: FailoverEvent[] = statuses.map((value) => status(position, START, value));
          told.splice(answerAt, 0, accepted(position, START));
          return essence(told.reduce(reduce, sendingStep(plan, position)));
        };

        const first = play(one, answered);

        expect(play(other, answered)).toEqual(first);
        expect(play(other, 0)).toEqual(first);
        expect(play([...other, ...other], other.length)).toEqual(first);
      }),
      RUNS,
    );
  });

  test('of several steps complete it or not alike, and leave the same statuses', () => {
    const about = fc.tuple(fc.nat(5), good);
    const shuffled = fc
      .array(about, { minLength: 1, maxLength: 8 })
      .chain((all) => fc.tuple(orderings(all), orderings(all)));
    fc.assert(
      fc.property(plans(2), fc.nat(5), shuffled, (plan, nat, [one, other]) => {
        const position = nat % plan.steps.length;
        const waiting = reduce(sendingStep(plan, position), accepted(position, START));
        const play = (all: readonly (readonly [number, MessageStatus])[]): FailoverState =>
          all
            .map(([index, value]) => status(index % (position + 1), START, value))
            .reduce(reduce, waiting);

        const first = play(one);
        const second = play(other);

        expect(second.outcome?.status).toBe(first.outcome?.status);
        expect(second.steps.map((step) => step.status)).toEqual(
          first.steps.map((step) => step.status),
        );
        expect(nextAction(second).kind).toBe(nextAction(first).kind);
        if (!plan.stopOnLateSuccess) {
          expect(essence(second)).toEqual(essence(first));
        }
      }),
      RUNS,
    );
  });
});

function orderings<T>(all: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length });
}

/** What matters of a state: how it ended or what it waits for, without when it was noticed and what was heard after. */
function essence({ outcome, steps, ...state }: FailoverState): unknown {
  return {
    outcome: outcome && { ...outcome, at: 0 },
    position: state.position,
    steps: steps.map((step) => ({ status: step.status, outcome: step.outcome })),
    next: outcome === undefined ? nextAction({ ...state, steps }) : 'finish',
  };
}
