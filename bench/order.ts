/** What the measuring process asks of the outside world, and what it hears back. Times are in milliseconds. */
import type { Shape } from './shapes';

/**
 * `closed`: so many dispatches are under way at any time, each new one begins when one has ended. `rate`: one begins at
 * even intervals, whatever the others do. `once`: so many, as fast as the connections allow.
 */
export type Pace =
  | { readonly kind: 'closed'; readonly inFlight: number; readonly seconds: number }
  | { readonly kind: 'rate'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'once'; readonly count: number; readonly connections: number };

export interface Order {
  /** Where dispatches are posted. */
  readonly url: string;
  readonly authorization: string;
  readonly shape: Shape;
  readonly pace: Pace;
  /** What ends a dispatch for the driver: its final report, or its first message's arrival at the provider. */
  readonly until: 'report' | 'sent';
}

export interface Measured {
  readonly finished: number;
  /** Accepts that were not answered 202; each was tried again as another one. */
  readonly refused: number;
  /** Dispatches that did not end in time, or ended otherwise than their shape says. */
  readonly wrong: number;
  /** Messages that reached the provider more than once. */
  readonly repeated: number;
  /** Dispatches that ended per second, from the first end to the last. */
  readonly perSecond: number;
  readonly acceptMs: readonly number[];
  /** From the start of the post of the receipt that decides the dispatch, to the arrival of the final report. */
  readonly toReportMs: readonly number[];
  /** From the provider's answer plus the expiry, to the arrival of the next step's message. */
  readonly timerLagMs: readonly number[];
  /** Some of the dispatches that ended. */
  readonly dispatchIds: readonly string[];
}
