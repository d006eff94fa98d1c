import fc from 'fast-check';
import { isFailure, isProgress, satisfies } from '../../domain/message';
import { CONDITIONS, MESSAGE_STATUSES, type MessageStatus } from '../../domain/vocabulary';

/** Every status by what rises to it: a failure by `submitted`, success by all but itself. */
const RISES: Readonly<Record<MessageStatus | 'planned', readonly MessageStatus[]>> = {
  planned: ['submitted', 'delivered', 'read', 'rejected', 'undeliverable'],
  submitted: ['delivered', 'read', 'rejected', 'undeliverable'],
  rejected: ['delivered', 'read'],
  undeliverable: ['delivered', 'read'],
  delivered: ['read'],
  read: [],
};
const KNOWN = ['planned', ...MESSAGE_STATUSES] as const;

describe('isProgress', () => {
  test.each(KNOWN)('what says more than %s', (known) => {
    expect(MESSAGE_STATUSES.filter((next) => isProgress(known, next))).toEqual(RISES[known]);
  });

  test('a status is never progress over itself', () => {
    expect(MESSAGE_STATUSES.some((status) => isProgress(status, status))).toBe(false);
  });

  test('of two statuses at most one says more than the other', () => {
    const both = MESSAGE_STATUSES.flatMap((one) =>
      MESSAGE_STATUSES.filter((other) => isProgress(one, other) && isProgress(other, one)),
    );

    expect(both).toEqual([]);
  });

  test('without a failure any order of reports leaves the same status', () => {
    const good = fc.constantFrom<MessageStatus>('submitted', 'delivered', 'read');
    const highest = (all: readonly MessageStatus[]): string =>
      all.reduce<MessageStatus | 'planned'>(
        (known, next) => (isProgress(known, next) ? next : known),
        'planned',
      );
    fc.assert(
      fc.property(fc.array(good, { maxLength: 6 }), (all) => {
        expect(highest(all.toReversed())).toBe(highest(all));
        expect(highest(all.toSorted())).toBe(highest(all));
      }),
    );
  });
});

describe('satisfies', () => {
  test.each([
    ['delivered', ['delivered', 'read']],
    ['read', ['read']],
    [undefined, ['delivered', 'read']],
  ] as const)('the condition %s is met by %p', (condition, met) => {
    expect(KNOWN.filter((status) => satisfies(status, condition))).toEqual(met);
  });

  test('what met a condition meets it whatever comes after', () => {
    for (const condition of [...CONDITIONS, undefined]) {
      const met = KNOWN.filter((status) => satisfies(status, condition));
      const risen = met.flatMap((status) => RISES[status]);

      expect(risen.every((status) => satisfies(status, condition))).toBe(true);
    }
  });

  test('no failure meets any condition', () => {
    const failures = MESSAGE_STATUSES.filter((status) => isFailure(status));

    expect(failures.some((status) => satisfies(status))).toBe(false);
  });
});

describe('isFailure', () => {
  test('rejected and undeliverable, nothing else', () => {
    expect(KNOWN.filter((status) => isFailure(status))).toEqual(['rejected', 'undeliverable']);
  });
});
