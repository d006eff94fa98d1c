import type { Content, Party } from './message';
import type { Channel, Condition } from './vocabulary';

/** The condition and expiry of a step. Every step but the last has one. */
export interface Failover {
  /** The status the message must reach. */
  readonly condition: Condition;
  /** Seconds that may take, 15 to 86,400. */
  readonly expirySeconds: number;
}

/** One step as it was asked for: what to send, to whom, and when to move on. */
export interface NewStep {
  /** Place in the dispatch, from 0. */
  readonly position: number;
  readonly channel: Channel;
  readonly recipient: Party;
  readonly sender: Party;
  /** The caller's content with the channel options beside it. */
  readonly content: Content;
  /** The caller's own reference, up to 40 characters, echoed in every status. */
  readonly clientRef?: string;
  /** Absent on the last step, and there alone. */
  readonly failover?: Failover;
}

/** A request that may be accepted: at least one step, in the order they are tried. */
export interface NewDispatch {
  readonly template: 'failover';
  readonly steps: readonly NewStep[];
}
