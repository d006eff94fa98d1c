import { z } from 'zod';

/**
 * How a `POST /messages` ends.
 * `accept`: 202. `refuse`: 4xx with class and code. `rate_limit`: 429. `fail`: 5xx. `hang`: no answer ever.
 * `drop`: the connection is closed without an answer. `cut`: 202, but only half of its body arrives.
 */
const ANSWER_KINDS = ['accept', 'refuse', 'rate_limit', 'fail', 'hang', 'drop', 'cut'] as const;

const answerSchema = z.strictObject({
  kind: z.enum(ANSWER_KINDS),
  /** HTTP status of `refuse` (default 400) and `fail` (default 503). */
  status: z.int().min(400).max(599).optional(),
  /** Our error class, code and reason in the body of `refuse`. */
  class: z.string().optional(),
  code: z.int().optional(),
  reason: z.string().optional(),
  /** `Retry-After` of `rate_limit` and `fail`: seconds or an HTTP date. Absent: no header. */
  retryAfter: z.union([z.string(), z.number()]).optional(),
  /** Whether the message goes out although no answer comes. Default: yes for `drop` and `cut`, no for `hang`. */
  taken: z.boolean().optional(),
  /** How often this answer is given, then it is skipped. Default: always. */
  times: z.int().min(1).optional(),
  /** What `times` counts: tries of each message (default), or all tries that this dial matched. */
  timesPer: z.enum(['message', 'dial']).optional(),
});
export type Answer = z.infer<typeof answerSchema>;

const statusStepSchema = z.strictObject({
  /** One of the five statuses, or any other text to see it refused. */
  status: z.string(),
  /** Milliseconds after the answer (after the taking, where no answer comes). Default 0. */
  afterMs: z.number().min(0).optional(),
  /** Decimal text. Default: the simulator's price for `delivered`, none for others; `null`: none. */
  price: z.string().nullable().optional(),
  currency: z.string().optional(),
  error: z.object({ code: z.int(), reason: z.string() }).optional(),
  /** Further copies posted at the same moment, default 0. */
  duplicates: z.int().min(0).max(100_000).optional(),
  /** Whether each copy has an event id of its own, default no. */
  freshEventIds: z.boolean().optional(),
  /** Post, and wait up to 2 s for its answer, before `POST /messages` is answered. Default no. */
  early: z.boolean().optional(),
  /** Report about a message that nobody sent, default no. */
  unknownId: z.boolean().optional(),
  /** `forged`: signed with another secret; `missing`: not signed. Neither is tried again. Default `valid`. */
  signature: z.enum(['valid', 'forged', 'missing']).optional(),
  /** Whether `ref` and `eventId` are told, default yes. */
  withRef: z.boolean().optional(),
  withEventId: z.boolean().optional(),
});
export type StatusStep = z.infer<typeof statusStepSchema>;

export const dialSchema = z.strictObject({
  /** Setting a dial of the same name replaces it. Default: made from what it matches. */
  name: z.string().optional(),
  /** Which messages: all that are given must match; none given: every message. */
  ref: z.string().optional(),
  to: z.string().optional(),
  toSuffix: z.string().optional(),
  apiKey: z.string().optional(),
  channel: z.string().optional(),
  /** Share of matching messages that it applies to, 0 to 1, default 1. */
  rate: z.number().min(0).max(1).optional(),
  /** Milliseconds until the answer, default 0. */
  answerAfterMs: z.number().min(0).optional(),
  answer: answerSchema.optional(),
  /** The whole status stream, in place of the channel's own. An empty list is silence. */
  statuses: z.array(statusStepSchema).optional(),
  nativeIdempotency: z.boolean().optional(),
});
/** What happens to some messages. Dials are layered: of each field, the most specific dial that names it decides. */
export type Dial = z.infer<typeof dialSchema>;

/** What a dial is matched against. */
export interface DialTarget {
  readonly ref?: string;
  readonly to: string;
  readonly channel: string;
  readonly apiKey: string;
}

/** A dial in use; `used` counts the answers it gave. */
export interface Layer extends Dial {
  readonly name: string;
  used: number;
}

export interface DialStore {
  list(): readonly Layer[];
  set(dial: Dial): string;
  clear(name?: string): void;
  /** Layers for a message, least specific first. `magic` stands under dials that name the recipient. */
  layersFor(target: DialTarget, magic?: Layer): readonly Layer[];
}

/** From here on a dial is more specific than a magic recipient. */
const RECIPIENT_WEIGHT = 8;

function weightOf(dial: Dial): number {
  return (
    (dial.ref === undefined ? 0 : 32) +
    (dial.to === undefined ? 0 : 16) +
    (dial.toSuffix === undefined ? 0 : RECIPIENT_WEIGHT) +
    (dial.apiKey === undefined ? 0 : 4) +
    (dial.channel === undefined ? 0 : 2)
  );
}

/** Fields that must be equal, where a dial names them. */
const EXACT = ['ref', 'to', 'channel', 'apiKey'] as const;

function matches(dial: Dial, target: DialTarget): boolean {
  const isSame = EXACT.every((field) => dial[field] === undefined || dial[field] === target[field]);
  const fits = isSame && target.to.endsWith(dial.toSuffix ?? '');
  return fits && (dial.rate === undefined || Math.random() < dial.rate);
}

function nameOf(dial: Dial): string {
  const parts = [dial.ref, dial.to, dial.toSuffix, dial.apiKey, dial.channel];
  return dial.name ?? `dial:${parts.filter((part) => part !== undefined).join('/') || 'all'}`;
}

export function createDialStore(): DialStore {
  // Kept sorted by weight, so that a message costs one pass.
  let layers: Layer[] = [];
  return {
    list: () => layers,
    set(dial) {
      const layer: Layer = { ...dial, name: nameOf(dial), used: 0 };
      const others = layers.filter((other) => other.name !== layer.name);
      layers = [...others, layer].sort((a, b) => weightOf(a) - weightOf(b));
      return layer.name;
    },
    clear(name) {
      layers = name === undefined ? [] : layers.filter((layer) => layer.name !== name);
    },
    layersFor(target, magic) {
      const found = layers.filter((layer) => matches(layer, target));
      if (magic === undefined) {
        return found;
      }
      const place = found.findIndex((layer) => weightOf(layer) >= RECIPIENT_WEIGHT);
      return found.toSpliced(place === -1 ? found.length : place, 0, magic);
    },
  };
}
