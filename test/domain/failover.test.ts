import {
  deadlineOf,
  mayChangeDecision,
  nextAction,
  reduce,
  type StatusNews,
} from '../../domain/failover';
import { beginFailover, isLastStep } from '../../domain/failover-state';
import { CAUSES, MESSAGE_STATUSES, type CauseKind } from '../../domain/vocabulary';
import {
  accepted,
  after,
  aPlan,
  aStep,
  canceled,
  EXPIRY_MS,
  failed,
  LAST_STEP_LIMIT_MS,
  previousMet,
  START,
  started,
  status,
  timePassed,
  unknown,
} from './failover-events';

const SOON = START + 1_000;
const LATER = START + 2_000;
/** The first step was accepted at the start and has expired; the second is being sent. */
const SECOND_BEGUN = [accepted(0, START), timePassed(START + EXPIRY_MS)] as const;
const SECOND_AT = START + EXPIRY_MS;
/** Two refusals later the third and last step is being sent. */
const LAST_BEGUN = [failed(0, SOON), failed(1, SOON)] as const;
const stopping = aPlan({ stopOnLateSuccess: true });
const reading = aPlan({ steps: [aStep('read'), aStep('read'), {}] });

describe('before and at the start', () => {
  test('nothing has begun', () => {
    const state = beginFailover(aPlan());

    expect(state.position).toBe(-1);
    expect(state.steps).toEqual(Array(3).fill({ phase: 'planned', status: 'planned' }));
    expect(state.outcome).toBeUndefined();
    expect(nextAction(state).kind).toBe('wait');
  });

  test('the start sends the first step', () => {
    const state = after(aPlan());

    expect(nextAction(state)).toEqual({ kind: 'send', position: 0 });
    expect(state.steps[0]).toEqual({ phase: 'sending', status: 'planned', startedAt: START });
  });

  test('a second start changes nothing', () => {
    const state = after(aPlan(), accepted(0, SOON));

    expect(reduce(state, started(LATER))).toBe(state);
  });

  test('time passing before the start changes nothing', () => {
    const state = beginFailover(aPlan());

    expect(reduce(state, timePassed(START + LAST_STEP_LIMIT_MS))).toBe(state);
  });

  test('a status of a message that is none of ours changes nothing', () => {
    const state = after(aPlan());

    expect(reduce(state, status(-1, SOON, 'read'))).toBe(state);
    expect(reduce(state, status(3, SOON, 'read'))).toBe(state);
  });

  test('a success that was heard before the start needs no send', () => {
    const state = [status(0, START, 'delivered'), started()].reduce(reduce, beginFailover(aPlan()));

    expect(state.outcome).toEqual({
      status: 'completed',
      cause: 'condition_met',
      position: 0,
      at: START,
    });
  });

  test('a cancel before the start ends the dispatch without touching a step', () => {
    const state = reduce(beginFailover(aPlan()), canceled(SOON));

    expect(state.outcome).toEqual({ status: 'canceled', cause: 'canceled', position: 0, at: SOON });
    expect(state.steps.every(({ phase, outcome }) => phase === 'planned' && !outcome)).toBe(true);
    expect(reduce(state, started(LATER))).toBe(state);
  });
});

describe('contract 9.13: read satisfies delivered, delivered does not satisfy read', () => {
  test.each([
    ['delivered', 'delivered', true],
    ['delivered', 'read', true],
    ['read', 'read', true],
    ['read', 'delivered', false],
    ['delivered', 'submitted', false],
    ['read', 'submitted', false],
  ] as const)('condition %s, status %s: met is %p', (condition, value, met) => {
    const state = after(
      aPlan({ steps: [aStep(condition), {}] }),
      accepted(0, SOON),
      status(0, LATER, value),
    );

    expect(state.outcome?.status).toBe(met ? 'completed' : undefined);
    expect(nextAction(state).kind).toBe(met ? 'finish' : 'wait');
    expect(state.steps[0]?.status).toBe(value);
  });
});

describe('contract 9.14: refusal, rejected and undeliverable fail over at once', () => {
  test.each([
    ['a refused send', failed(0, SOON, 'send_refused'), 'send_refused', 'rejected'],
    ['no usable account', failed(0, SOON, 'no_account'), 'no_account', 'rejected'],
    ['a send that found no time', failed(0, SOON, 'expired'), 'expired', 'planned'],
    [
      'an unknown outcome to be left',
      unknown(0, SOON, 'fail_over'),
      'send_outcome_unknown',
      'planned',
    ],
    [
      'a rejection heard before the answer',
      accepted(0, SOON, { status: 'rejected' }),
      'rejected',
      'rejected',
    ],
  ] as const)('%s starts the next step in the same moment', (_name, event, kind, lastStatus) => {
    const state = after(aPlan(), event);

    expect(state.steps[0]).toMatchObject({
      phase: 'ended',
      outcome: 'failed_over',
      cause: { kind, lastStatus, required: 'delivered', at: SOON },
    });
    expect(state.steps[1]).toMatchObject({ phase: 'sending', startedAt: SOON });
    expect(nextAction(state)).toEqual({ kind: 'send', position: 1 });
  });

  test.each(['rejected', 'undeliverable'] as const)('%s does not wait for the expiry', (value) => {
    const state = after(aPlan(), accepted(0, SOON), status(0, LATER, value));

    expect(state.steps[0]?.cause).toEqual({
      kind: value,
      lastStatus: value,
      required: 'delivered',
      at: LATER,
    });
    expect(nextAction(state)).toEqual({ kind: 'send', position: 1 });
  });

  test.each(['rejected', 'undeliverable'] as const)('%s fails an unknown outcome too', (value) => {
    const state = after(aPlan(), unknown(0, SOON), status(0, LATER, value));

    expect(state.steps[0]?.cause?.kind).toBe(value);
  });

  test('a failure during a hand-over waits for its end: another attempt may yet succeed', () => {
    const during = after(aPlan(), status(0, SOON, 'rejected'));

    expect(nextAction(during)).toEqual({ kind: 'send', position: 0 });
    expect(reduce(during, accepted(0, LATER)).steps[0]?.cause?.kind).toBe('rejected');
    expect(reduce(during, unknown(0, LATER)).steps[0]?.cause?.kind).toBe('rejected');
    expect(reduce(during, accepted(0, LATER, { status: 'delivered' })).outcome?.status).toBe(
      'completed',
    );
  });

  test('a failure after the condition was met changes nothing', () => {
    const met = after(aPlan(), accepted(0, SOON), status(0, LATER, 'delivered'));

    expect(reduce(met, status(0, LATER + 1, 'undeliverable'))).toBe(met);
  });

  test('a failure below what is known changes nothing', () => {
    const delivered = after(reading, accepted(0, SOON), status(0, LATER, 'delivered'));

    expect(reduce(delivered, status(0, LATER, 'rejected'))).toBe(delivered);
  });
});

describe('contract 9.15: the expiry counts from acceptance, else from the start of the step', () => {
  test.each([
    ['acceptance', accepted(0, LATER, { acceptedAt: SOON }), SOON],
    ['the start, where the outcome is unknown', unknown(0, LATER), START],
    [
      'the start, where a provider claims to have accepted earlier',
      accepted(0, LATER, { acceptedAt: START - 60_000 }),
      START,
    ],
  ] as const)('from %s', (_name, event, from) => {
    const state = after(aPlan(), event);
    const until = from + EXPIRY_MS;

    expect(nextAction(state)).toEqual({ kind: 'wait', position: 0, until });
    expect(deadlineOf(state)).toBe(until);
    expect(reduce(state, timePassed(until - 1))).toBe(state);
    expect(reduce(state, timePassed(until)).position).toBe(1);
  });

  test('it expires when it was too late already at the answer', () => {
    const answered = after(aPlan(), unknown(0, START + EXPIRY_MS + 5));

    expect(nextAction(answered)).toMatchObject({ kind: 'wait', until: START + EXPIRY_MS });
    expect(reduce(answered, timePassed(START + EXPIRY_MS + 5)).position).toBe(1);
  });

  test('an expiry tells what was required and how far the message came', () => {
    const state = after(
      reading,
      accepted(0, SOON),
      status(0, LATER, 'delivered'),
      timePassed(SOON + EXPIRY_MS),
    );

    expect(state.steps[0]?.cause).toEqual({
      kind: 'expired',
      required: 'read',
      lastStatus: 'delivered',
      at: SOON + EXPIRY_MS,
    });
  });

  test('no expiry ends a step whose message is still being handed over', () => {
    const state = after(aPlan());

    expect(reduce(state, timePassed(START + 10 * EXPIRY_MS))).toBe(state);
  });

  test('a status does not move the clock', () => {
    const state = after(reading, accepted(0, SOON), status(0, LATER, 'delivered'));

    expect(deadlineOf(state)).toBe(SOON + EXPIRY_MS);
  });

  test('each step counts from itself', () => {
    const state = after(aPlan(), ...SECOND_BEGUN, accepted(1, SECOND_AT + 3_000));

    expect(state.steps[1]?.startedAt).toBe(SECOND_AT);
    expect(deadlineOf(state)).toBe(SECOND_AT + 3_000 + EXPIRY_MS);
  });
});

describe('contract 9.16: success wins until the next step has been started, then the expiry does', () => {
  test.each([
    ['at the very moment of expiry', START + EXPIRY_MS],
    ['long after it', START + 3 * EXPIRY_MS],
  ])('a success %s wins while nobody has acted on the expiry', (_name, at) => {
    const state = after(aPlan(), accepted(0, START), status(0, at, 'delivered'), timePassed(at));

    expect(state.outcome).toEqual({ status: 'completed', cause: 'condition_met', position: 0, at });
  });

  test('a success that the next step finds before it is claimed wins', () => {
    const state = after(aPlan(), ...SECOND_BEGUN, previousMet(1, SECOND_AT + 20));

    expect(state.outcome).toEqual({
      status: 'completed',
      cause: 'condition_met',
      position: 0,
      at: SECOND_AT + 20,
    });
    expect(state.position).toBe(0);
    expect(state.steps[0]).toMatchObject({
      status: 'delivered',
      outcome: 'met',
      cause: { kind: 'condition_met', lastStatus: 'delivered', at: SECOND_AT + 20 },
    });
    expect(state.steps[1]).toEqual({ phase: 'planned', status: 'planned' });
    expect(nextAction(state).kind).toBe('finish');
  });

  test('once the next step was accepted nobody can find the one before met', () => {
    const state = after(aPlan(), ...SECOND_BEGUN, accepted(1, SECOND_AT + 20));

    expect(reduce(state, previousMet(1, SECOND_AT + 30))).toBe(state);
  });

  test('before the first step there is none that could be met', () => {
    const state = after(aPlan());

    expect(reduce(state, previousMet(0, SOON))).toBe(state);
  });

  test('a success told after the next step has begun loses', () => {
    const state = after(aPlan(), ...SECOND_BEGUN, status(0, SECOND_AT + 1, 'delivered'));

    expect(state.outcome).toBeUndefined();
    expect(state.steps[0]).toMatchObject({ status: 'delivered', outcome: 'failed_over' });
    expect(nextAction(state)).toEqual({ kind: 'send', position: 1 });
  });
});

describe('contract 9.17: a late success is recorded and ends the dispatch only where that is wanted', () => {
  test.each([
    ['while the next step is sent', [...SECOND_BEGUN]],
    ['while the next step waits', [...SECOND_BEGUN, accepted(1, SECOND_AT + 10)]],
  ])('not wanted, %s: only the status changes', (_name, events) => {
    const before = after(aPlan(), ...events);

    const state = reduce(before, status(0, SECOND_AT + 20, 'read'));

    expect(state).toEqual({
      ...before,
      steps: [{ ...before.steps[0], status: 'read' }, ...before.steps.slice(1)],
    });
    expect(nextAction(state)).toEqual(nextAction(before));
  });

  test.each([
    ['while the next step is sent', [...SECOND_BEGUN]],
    ['while the next step waits', [...SECOND_BEGUN, accepted(1, SECOND_AT + 10)]],
    ['while the last step waits', [...LAST_BEGUN, accepted(2, SECOND_AT + 10)]],
  ])('wanted, %s: the dispatch is completed by the earlier step', (_name, events) => {
    const before = after(stopping, ...events);

    const state = reduce(before, status(0, SECOND_AT + 20, 'delivered'));

    expect(state.outcome).toEqual({
      status: 'completed',
      cause: 'late_success',
      position: 0,
      at: SECOND_AT + 20,
    });
    expect(state.steps[0]).toMatchObject({ outcome: 'met', cause: { kind: 'late_success' } });
    expect(state.steps[before.position]).toMatchObject({ phase: 'ended', outcome: 'left' });
  });

  test('wanted, but less than the condition: the dispatch goes on', () => {
    const state = after(
      { ...reading, stopOnLateSuccess: true },
      ...SECOND_BEGUN,
      status(0, SECOND_AT + 20, 'delivered'),
    );

    expect(state.outcome).toBeUndefined();
  });

  test('the current step decides before an earlier one', () => {
    const state = after(
      stopping,
      ...SECOND_BEGUN,
      accepted(1, SECOND_AT + 10),
      status(1, SECOND_AT + 20, 'delivered'),
      status(0, SECOND_AT + 30, 'delivered'),
    );

    expect(state.outcome).toMatchObject({ cause: 'condition_met', position: 1 });
    expect(state.steps[0]).toMatchObject({ status: 'delivered', outcome: 'failed_over' });
  });

  test('a late failure of an earlier step is recorded and no more', () => {
    const before = after(stopping, ...SECOND_BEGUN, accepted(1, SECOND_AT + 10));

    const state = reduce(before, status(0, SECOND_AT + 20, 'undeliverable'));

    expect(nextAction(state)).toEqual(nextAction(before));
    expect(state.steps[0]).toMatchObject({ status: 'undeliverable', cause: { kind: 'expired' } });
  });
});

describe('contract 9.18: the last step completes on delivered or read and errs on every failure', () => {
  test.each(['delivered', 'read'] as const)('%s completes', (value) => {
    const state = after(aPlan(), ...LAST_BEGUN, accepted(2, SOON), status(2, LATER, value));

    expect(state.outcome).toEqual({
      status: 'completed',
      cause: 'condition_met',
      position: 2,
      at: LATER,
    });
    expect(state.steps[2]?.cause).toEqual({ kind: 'condition_met', lastStatus: value, at: LATER });
  });

  test.each([
    ['send_refused', [failed(2, LATER)]],
    ['no_account', [failed(2, LATER, 'no_account')]],
    ['expired', [failed(2, LATER, 'expired')]],
    ['rejected', [accepted(2, SOON), status(2, LATER, 'rejected')]],
    ['undeliverable', [accepted(2, SOON), status(2, LATER, 'undeliverable')]],
  ] as const)('%s is an error', (cause, events) => {
    const state = after(aPlan(), ...LAST_BEGUN, ...events);

    expect(state.outcome).toEqual({ status: 'error', cause, position: 2, at: LATER });
    expect(state.steps[2]).toMatchObject({
      phase: 'ended',
      outcome: 'failed',
      cause: { kind: cause },
    });
  });

  test('a dispatch of one step is its own last step', () => {
    const one = aPlan({ steps: [{}] });

    expect(after(one, accepted(0, SOON), status(0, LATER, 'read')).outcome?.status).toBe(
      'completed',
    );
    expect(after(one, failed(0, SOON)).outcome?.status).toBe('error');
  });
});

describe('contract 9.19: without a final status the last step ends by its limit', () => {
  test.each([
    ['from acceptance', accepted(2, LATER), LATER],
    ['from its start, where the outcome is unknown', unknown(2, LATER), SOON],
    ['from its start, although the policy would fail over', unknown(2, LATER, 'fail_over'), SOON],
  ] as const)('%s', (_name, event, from) => {
    const state = after(aPlan(), ...LAST_BEGUN, event);
    const until = from + LAST_STEP_LIMIT_MS;

    expect(nextAction(state)).toEqual({ kind: 'wait', position: 2, until });
    expect(reduce(state, timePassed(until - 1))).toBe(state);
    expect(reduce(state, timePassed(until)).outcome).toEqual({
      status: 'error',
      cause: 'last_step_limit',
      position: 2,
      at: until,
    });
  });
});

describe('an unknown outcome', () => {
  test.each(['wait', 'resend'] as const)('waits for a receipt under the policy %s', (policy) => {
    const state = after(aPlan(), unknown(0, SOON, policy));

    expect(nextAction(state)).toMatchObject({ kind: 'wait', position: 0 });
    expect(reduce(state, status(0, LATER, 'delivered')).outcome?.status).toBe('completed');
  });

  test('is settled by a success that was heard meanwhile', () => {
    const state = after(stopping, status(0, SOON, 'delivered'));

    expect(state.outcome?.cause).toBe('condition_met');
    expect(reduce(state, unknown(0, LATER, 'fail_over'))).toBe(state);
  });
});

describe('events that come twice or too late', () => {
  test.each([
    ['an acceptance', accepted(0, LATER)],
    ['a refusal', failed(0, LATER)],
    ['an unknown outcome', unknown(0, LATER, 'fail_over')],
    ['a success of the step before', previousMet(0, LATER)],
  ])('%s of a step that waits changes nothing', (_name, event) => {
    const state = after(aPlan(), accepted(0, SOON));

    expect(reduce(state, event)).toBe(state);
  });

  test.each([
    ['an acceptance', accepted(0, SECOND_AT + 5, { status: 'delivered' })],
    ['a refusal', failed(0, SECOND_AT + 5)],
    ['an unknown outcome', unknown(0, SECOND_AT + 5, 'fail_over')],
    ['an acceptance', accepted(2, SECOND_AT + 5)],
    ['a refusal', failed(2, SECOND_AT + 5)],
  ])('%s of another step changes nothing', (_name, event) => {
    const state = after(aPlan(), ...SECOND_BEGUN);

    expect(reduce(state, event)).toBe(state);
  });

  test('the same status twice changes nothing', () => {
    const state = after(reading, accepted(0, SOON), status(0, LATER, 'delivered'));

    expect(reduce(state, status(0, LATER + 5, 'delivered'))).toBe(state);
  });

  test('the first of two failures stays', () => {
    const state = after(aPlan(), accepted(0, SOON), status(0, LATER, 'rejected'));

    expect(reduce(state, status(0, LATER + 5, 'undeliverable')).steps[0]).toBe(state.steps[0]);
  });

  test.each([
    ['a start', started(LATER + 5)],
    ['an acceptance', accepted(0, LATER + 5)],
    ['a refusal', failed(0, LATER + 5)],
    ['an unknown outcome', unknown(0, LATER + 5)],
    ['a success of the step before', previousMet(1, LATER + 5)],
    ['time', timePassed(LATER + 100 * EXPIRY_MS)],
    ['a cancel', canceled(LATER + 5)],
  ])('after the end %s changes nothing', (_name, event) => {
    const state = after(aPlan(), accepted(0, SOON), status(0, LATER, 'delivered'));

    expect(reduce(state, event)).toBe(state);
  });

  test('after the end a status is still recorded', () => {
    const state = after(aPlan(), accepted(0, SOON), canceled(LATER));

    const told = reduce(state, status(0, LATER + 5, 'read'));

    expect(told.steps[0]).toEqual({ ...state.steps[0], status: 'read' });
    expect(told.outcome).toBe(state.outcome);
  });
});

describe('a cancel', () => {
  test.each([
    ['sent', []],
    ['awaited', [accepted(0, SOON)]],
  ])('ends a dispatch whose message is being %s', (_name, events) => {
    const state = after(aPlan(), ...events, canceled(LATER));

    expect(state.outcome).toEqual({
      status: 'canceled',
      cause: 'canceled',
      position: 0,
      at: LATER,
    });
    expect(state.steps[0]).toMatchObject({
      phase: 'ended',
      outcome: 'canceled',
      cause: { kind: 'canceled', at: LATER },
    });
    expect(state.steps[1]).toEqual({ phase: 'planned', status: 'planned' });
    expect(nextAction(state)).toEqual({ kind: 'finish', outcome: state.outcome });
  });
});

/** Causes that the sweeper and the accept write, never the decision. */
const NOT_DECIDED: readonly CauseKind[] = ['accept_unconfirmed', 'workflow_gone'];

describe('every cause that is decided here', () => {
  const ways: Partial<Record<CauseKind, ReturnType<typeof after>>> = {
    condition_met: after(aPlan(), accepted(0, SOON), status(0, LATER, 'delivered')),
    expired: after(aPlan(), ...SECOND_BEGUN),
    send_refused: after(aPlan(), failed(0, SOON)),
    rejected: after(aPlan(), accepted(0, SOON), status(0, LATER, 'rejected')),
    undeliverable: after(aPlan(), accepted(0, SOON), status(0, LATER, 'undeliverable')),
    no_account: after(aPlan(), failed(0, SOON, 'no_account')),
    send_outcome_unknown: after(aPlan(), unknown(0, SOON, 'fail_over')),
    last_step_limit: after(
      aPlan({ steps: [{}] }),
      accepted(0, START),
      timePassed(START + LAST_STEP_LIMIT_MS),
    ),
    canceled: after(aPlan(), canceled(SOON)),
    late_success: after(stopping, ...SECOND_BEGUN, status(0, SECOND_AT + 1, 'read')),
  };

  test.each(CAUSES.filter((cause) => !NOT_DECIDED.includes(cause)))(
    'the cause %s is told with the step it ended',
    (cause) => {
      expect(ways[cause]?.steps[0]?.cause?.kind).toBe(cause);
    },
  );
});

describe('isLastStep', () => {
  test.each([
    [0, false],
    [1, false],
    [2, true],
    [3, false],
  ])('position %p of three: %p', (position, last) => {
    expect(isLastStep(aPlan(), position)).toBe(last);
  });
});

describe('mayChangeDecision', () => {
  const base = { position: 1, dispatchPosition: 1, stopOnLateSuccess: false } as const;
  const wakes = (news: Partial<StatusNews>): readonly string[] =>
    MESSAGE_STATUSES.filter((value) => mayChangeDecision({ ...base, ...news, status: value }));

  test.each<[string, Partial<StatusNews>, readonly string[]]>([
    [
      'the current step, delivered wanted',
      { condition: 'delivered' },
      ['delivered', 'read', 'rejected', 'undeliverable'],
    ],
    ['the current step, read wanted', { condition: 'read' }, ['read', 'rejected', 'undeliverable']],
    ['the last step', {}, ['delivered', 'read', 'rejected', 'undeliverable']],
    [
      'the first step before any claim',
      { position: 0, dispatchPosition: -1, condition: 'read' },
      ['read', 'rejected', 'undeliverable'],
    ],
    ['a step that was left', { position: 0, condition: 'delivered' }, []],
    [
      'a step that was left, where a late success stops',
      { position: 0, condition: 'delivered', stopOnLateSuccess: true },
      ['delivered', 'read'],
    ],
    [
      'a step that was left, read wanted, where a late success stops',
      { position: 0, condition: 'read', stopOnLateSuccess: true },
      ['read'],
    ],
  ])('of %s', (_name, news, expected) => {
    expect(wakes(news)).toEqual(expected);
  });
});
