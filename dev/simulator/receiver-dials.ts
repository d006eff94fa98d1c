import { z } from 'zod';

export const receiverDialSchema = z.strictObject({
  /** Only callbacks to this path or below it, such as `/callbacks/shop`. Default: all. */
  path: z.string().startsWith('/callbacks').optional(),
  /** Only callbacks about this dispatch. */
  dispatch: z.string().optional(),
  /** Only this kind of callback. */
  event: z.enum(['message.status', 'dispatch.final']).optional(),
  /** Share of matching callbacks that it applies to, 0 to 1, default 1. */
  rate: z.number().min(0).max(1).optional(),
  /** HTTP status answered, default 200. */
  status: z.int().min(200).max(599).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  /** Milliseconds until the answer, default 0. */
  delayMs: z.number().min(0).optional(),
  /** No answer ever. */
  hang: z.boolean().optional(),
  /** Closes the connection without an answer. */
  reset: z.boolean().optional(),
  /** How many callbacks it applies to, then it is gone. Default: all. */
  times: z.int().min(1).optional(),
});
/** How callbacks are answered. */
export type ReceiverDial = z.infer<typeof receiverDialSchema>;

export interface ReceiverTarget {
  readonly path: string;
  readonly dispatchUuid?: string;
  readonly event?: string;
}

export interface ReceiverDials {
  list(): readonly ReceiverDial[];
  /** Replaces the dial for the same callbacks. */
  set(dial: ReceiverDial): void;
  clear(): void;
  /** The most specific dial for a callback; counts against its `times`. */
  take(target: ReceiverTarget): ReceiverDial;
}

function isUnder(path: string, parent: string | undefined): boolean {
  return (
    parent === undefined || path === parent || path.startsWith(`${parent.replace(/\/$/, '')}/`)
  );
}

function matches(dial: ReceiverDial, target: ReceiverTarget): boolean {
  const fits =
    isUnder(target.path, dial.path) &&
    (dial.dispatch ?? target.dispatchUuid) === target.dispatchUuid &&
    (dial.event ?? target.event) === target.event;
  return fits && (dial.rate === undefined || Math.random() < dial.rate);
}

/** A dispatch says more than a kind, a kind more than a path, a long path more than a short one. */
function weightOf(dial: ReceiverDial): number {
  return (dial.dispatch ? 20_000 : 0) + (dial.event ? 10_000 : 0) + (dial.path?.length ?? 0);
}

function keyOf(dial: ReceiverDial): string {
  return JSON.stringify([dial.path, dial.dispatch, dial.event]);
}

export function createReceiverDials(): ReceiverDials {
  const dials = new Map<string, { readonly dial: ReceiverDial; left: number }>();
  return {
    list: () => [...dials.values()].map((entry) => entry.dial),
    set: (dial) => void dials.set(keyOf(dial), { dial, left: dial.times ?? Infinity }),
    clear: () => dials.clear(),
    take(target) {
      const found = [...dials.values()]
        .filter(({ dial }) => matches(dial, target))
        .sort((a, b) => weightOf(b.dial) - weightOf(a.dial))[0];
      if (found === undefined) {
        return {};
      }
      found.left -= 1;
      if (found.left <= 0) {
        dials.delete(keyOf(found.dial));
      }
      return found.dial;
    },
  };
}
