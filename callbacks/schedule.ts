/** When a callback that was not taken is tried again (contract 9.32). Times in milliseconds. */

export interface CallbackSchedule {
  /** The first gap, default 5 s; doubles with every failure. */
  readonly firstGapMs: number;
  /** The longest gap, default 15 minutes. */
  readonly longestGapMs: number;
  /** How long it is tried in all, default 24 h. */
  readonly giveUpAfterMs: number;
}

/** The schedule that the settings name. */
export function callbackSchedule(config: {
  readonly callbackFirstGapMs: number;
  readonly callbackLongestGapMs: number;
  readonly callbackGiveUpSeconds: number;
}): CallbackSchedule {
  return {
    firstGapMs: config.callbackFirstGapMs,
    longestGapMs: config.callbackLongestGapMs,
    giveUpAfterMs: config.callbackGiveUpSeconds * 1_000,
  };
}

/** A receiver may ask for more time than planned, up to an hour. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** The planned gap after so many failures in a row. */
export function gapMs(schedule: CallbackSchedule, failures: number): number {
  return Math.min(
    schedule.longestGapMs,
    schedule.firstGapMs * 2 ** Math.min(30, Math.max(0, failures - 1)),
  );
}

/**
 * When it is tried next; undefined: its time is over. Jittered by a tenth, so that what failed together does not come
 * back together. `random` is between 0 and 1.
 */
export function nextTryInMs(
  schedule: CallbackSchedule,
  post: { readonly failures: number; readonly ageMs: number; readonly retryAfterMs?: number },
  random: number,
): number | undefined {
  if (post.ageMs >= schedule.giveUpAfterMs) {
    return undefined;
  }
  const planned = gapMs(schedule, post.failures) * (0.9 + 0.2 * random);
  const asked = Math.min(LONGEST_RETRY_AFTER_MS, post.retryAfterMs ?? 0);
  return Math.round(Math.max(planned, asked));
}
