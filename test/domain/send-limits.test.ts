import fc from 'fast-check';
import { backoffMs, CALL_TIMEOUT_MS, sendLimits } from '../../domain/send-limits';
import { EXPIRY_SECONDS } from '../../domain/vocabulary';

const DAY_MS = EXPIRY_SECONDS.max * 1_000;
/** The least that is left for three limits, one inside the other. */
const LEAST_MS = 3;
const timeout = fc.integer({ min: 0, max: CALL_TIMEOUT_MS.max });
/** What is left is measured, so it is rarely whole; small values are where the proportions bite. */
const left = fc.oneof(
  fc.integer({ min: LEAST_MS, max: DAY_MS }),
  fc.integer({ min: LEAST_MS, max: 200 }),
  fc.double({ min: LEAST_MS, max: DAY_MS, noNaN: true }),
);

describe('sendLimits', () => {
  test.each([
    ['a day', 10_000, DAY_MS, { callMs: 10_000, leaseMs: 12_000, startToCloseMs: 14_000 }],
    [
      'a minute for a slow provider',
      60_000,
      60_000,
      { callMs: 56_000, leaseMs: 58_000, startToCloseMs: 60_000 },
    ],
    [
      'just room for all',
      60_000,
      16_000,
      { callMs: 12_000, leaseMs: 14_000, startToCloseMs: 16_000 },
    ],
    [
      'the shortest expiry',
      10_000,
      15_000,
      { callMs: 10_000, leaseMs: 11_875, startToCloseMs: 13_750 },
    ],
    ['a test of 200 ms', 10_000, 200, { callMs: 150, leaseMs: 175, startToCloseMs: 200 }],
    ['the least', 10_000, 3, { callMs: 1, leaseMs: 2, startToCloseMs: 3 }],
  ])('%s: %p ms asked, %p ms left', (_name, accountTimeoutMs, leftMs, limits) => {
    expect(sendLimits(accountTimeoutMs, leftMs)).toEqual(limits);
  });

  test('call < lease < start-to-close, whole milliseconds, all inside what is left', () => {
    fc.assert(
      fc.property(timeout, left, (accountTimeoutMs, leftMs) => {
        const { callMs, leaseMs, startToCloseMs } = sendLimits(accountTimeoutMs, leftMs);

        expect([callMs, leaseMs, startToCloseMs].every(Number.isInteger)).toBe(true);
        expect(callMs).toBeGreaterThanOrEqual(1);
        expect(callMs).toBeLessThanOrEqual(Math.max(1, accountTimeoutMs));
        expect(leaseMs).toBeGreaterThan(callMs);
        expect(startToCloseMs).toBeGreaterThan(leaseMs);
        expect(startToCloseMs).toBeLessThanOrEqual(leftMs);
      }),
    );
  });

  test('with nothing left they are still in order, and Temporal still takes them', () => {
    fc.assert(
      fc.property(timeout, fc.integer({ min: -DAY_MS, max: LEAST_MS }), (timeoutMs, leftMs) => {
        expect(sendLimits(timeoutMs, leftMs)).toEqual({ callMs: 1, leaseMs: 2, startToCloseMs: 3 });
      }),
    );
  });

  test('two seconds of room wherever there is time for it', () => {
    const ample = fc.integer({ min: 16_000, max: DAY_MS });
    fc.assert(
      fc.property(timeout, ample, (accountTimeoutMs, leftMs) => {
        const { callMs, leaseMs, startToCloseMs } = sendLimits(accountTimeoutMs, leftMs);

        expect([leaseMs - callMs, startToCloseMs - leaseMs]).toEqual([2_000, 2_000]);
        expect(callMs).toBe(Math.max(1, Math.min(accountTimeoutMs, Math.floor(leftMs) - 4_000)));
      }),
    );
  });

  test('where time is short at least half of it is the provider call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 16_000 }), (leftMs) => {
        const { callMs } = sendLimits(CALL_TIMEOUT_MS.max, leftMs);

        expect(callMs).toBeGreaterThanOrEqual(leftMs / 2);
      }),
    );
  });

  test('a lease taken later, for a quicker account, is shorter than the start-to-close fixed before', () => {
    fc.assert(
      fc.property(timeout, timeout, left, left, (oneMs, otherMs, oneLeftMs, otherLeftMs) => {
        const fixed = sendLimits(Math.max(oneMs, otherMs), Math.max(oneLeftMs, otherLeftMs));
        const later = sendLimits(Math.min(oneMs, otherMs), Math.min(oneLeftMs, otherLeftMs));

        expect(later.leaseMs).toBeLessThan(fixed.startToCloseMs);
      }),
    );
  });
});

describe('backoffMs', () => {
  test.each([
    [0, 1_000],
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 32_000],
    [7, 60_000],
    [8, 60_000],
    [5_000, 60_000],
  ])('after %p tries: %p ms', (tries, expected) => {
    expect(backoffMs(tries)).toBe(expected);
  });

  test('never shrinks, never leaves one second to one minute', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (tries) => {
        expect(backoffMs(tries)).toBeGreaterThanOrEqual(1_000);
        expect(backoffMs(tries)).toBeLessThanOrEqual(60_000);
        expect(backoffMs(tries + 1)).toBeGreaterThanOrEqual(backoffMs(tries));
      }),
    );
  });
});
