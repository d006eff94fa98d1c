/** How long one hand-over may take, from the provider call out to Temporal's own limit (security 2, order of limits). */
export interface SendLimitsMs {
  /** The provider call. */
  readonly callMs: number;
  /** The claim's lease: past it nobody knows what came of the call. */
  readonly leaseMs: number;
  /** Temporal's start-to-close: past it the activity runs again. */
  readonly startToCloseMs: number;
}

/** Longest provider call an account may ask for, and what it gets when it does not ask, in milliseconds. */
export const CALL_TIMEOUT_MS = { default: 10_000, max: 60_000 } as const;
/** Room between one limit and the next outer one, in milliseconds. */
const MARGIN_MS = 2_000;

/**
 * Limits of a hand-over with `leftMs` of its step's expiry left. Call < lease < start-to-close, each with two seconds of
 * room, and all of it inside what is left; where that is too short for such room, everything shrinks in proportion.
 */
export function sendLimits(accountTimeoutMs: number, leftMs: number): SendLimitsMs {
  const marginMs = Math.max(1, Math.min(MARGIN_MS, Math.floor(leftMs / 8)));
  const callMs = Math.max(1, Math.min(accountTimeoutMs, Math.floor(leftMs - 2 * marginMs)));
  return { callMs, leaseMs: callMs + marginMs, startToCloseMs: callMs + 2 * marginMs };
}

/** Wait before a provider that said "not now" is asked again: doubles from one second to a minute. */
export function backoffMs(tries: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.max(0, tries - 1));
}
