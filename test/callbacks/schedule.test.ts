import { callbackSchedule, gapMs, nextTryInMs } from '../../callbacks/schedule';
import { loadConfig } from '../../runtime/config';

const config = loadConfig(
  {
    DATABASE_URL: 'postgresql://127.0.0.1/x',
    SECRETS_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  },
  ['api'],
);
const SCHEDULE = callbackSchedule(config);

describe('the schedule of a callback that is not taken', () => {
  it('contract 9.32 is 5 s, doubling to 15 minutes, for 24 hours', () => {
    const gaps = Array.from({ length: 10 }, (_, index) => gapMs(SCHEDULE, index + 1) / 1_000);

    expect(gaps).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    expect(gapMs(SCHEDULE, 5_000)).toBe(900_000);
    expect(SCHEDULE.giveUpAfterMs).toBe(24 * 3_600_000);
  });

  it('is jittered by a tenth and no more', () => {
    const post = { failures: 2, ageMs: 0 };

    expect([0, 0.5, 1].map((random) => nextTryInMs(SCHEDULE, post, random))).toEqual([
      9_000, 10_000, 11_000,
    ]);
  });

  it('takes a Retry-After between the planned gap and an hour', () => {
    const inMs = (retryAfterMs: number): number | undefined =>
      nextTryInMs(SCHEDULE, { failures: 1, ageMs: 0, retryAfterMs }, 0.5);

    expect([1_000, 60_000, 86_400_000].map(inMs)).toEqual([5_000, 60_000, 3_600_000]);
  });

  it('I16: is over after a day, and not before', () => {
    const at = (ageMs: number): number | undefined =>
      nextTryInMs(SCHEDULE, { failures: 100, ageMs }, 0.5);

    expect(at(86_399_999)).toBe(900_000);
    expect(at(86_400_000)).toBeUndefined();
  });
});
