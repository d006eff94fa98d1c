import type { IncomingHttpHeaders } from 'node:http';

import type { JsonLines } from './json-lines';
import type { CallbackChecks } from './verify';

/** What a callback says about itself, as far as it can be read. */
export interface CallbackSubject {
  /** Told apart as callers do: a final report has a `template` and no `message_uuid`. */
  readonly event?: 'message.status' | 'dispatch.final';
  readonly dispatchUuid?: string;
  readonly messageUuid?: string;
  readonly status?: string;
}

/** One callback that arrived. `at` is in milliseconds since 1970. */
export interface CallbackEntry extends CallbackSubject, CallbackChecks {
  readonly number: number;
  readonly at: number;
  readonly path: string;
  readonly webhookId?: string;
  readonly answered: number | 'hang' | 'reset';
  readonly headers: IncomingHttpHeaders;
  /** The body byte for byte. */
  readonly raw: Buffer;
}

export interface CallbackFilter {
  readonly dispatch?: string;
  readonly webhookId?: string;
  /** Path or the beginning of one. */
  readonly path?: string;
  /** Only those that arrived at or after this time, in milliseconds. */
  readonly since?: number;
  /** Only the newest so many. */
  readonly limit?: number;
}

export interface CallbackLog {
  record(entry: Omit<CallbackEntry, 'number'>): void;
  list(filter?: CallbackFilter): readonly CallbackEntry[];
  count(): number;
  clear(): void;
}

/** A callback as JSON: its bytes in base64, and as a value when they are JSON. */
export function callbackJson(entry: CallbackEntry): object {
  const { raw, ...rest } = entry;
  return { ...rest, body: jsonOf(raw), rawBase64: raw.toString('base64') };
}

export function jsonOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return undefined;
  }
}

function fits(entry: CallbackEntry, filter: CallbackFilter): boolean {
  return (
    (filter.dispatch ?? entry.dispatchUuid) === entry.dispatchUuid &&
    (filter.webhookId ?? entry.webhookId) === entry.webhookId &&
    entry.path.startsWith(filter.path ?? '') &&
    entry.at >= (filter.since ?? 0)
  );
}

const NOTHING = Buffer.alloc(0);

export function createCallbackLog(
  lines: JsonLines,
  limits: { readonly keep: number; readonly quiet: boolean },
): CallbackLog {
  // In order of arrival; the first key is the oldest entry.
  const entries = new Map<number, CallbackEntry>();
  let arrivals = 0;
  return {
    record(callback) {
      arrivals += 1;
      const entry = { ...callback, number: arrivals };
      const brief = limits.quiet ? { ...entry, headers: {}, raw: NOTHING } : entry;
      entries.set(arrivals, brief);
      entries.delete(arrivals - limits.keep);
      lines.write(callbackJson(brief));
    },
    list(filter = {}) {
      const found = [...entries.values()].filter((entry) => fits(entry, filter));
      return filter.limit === undefined ? found : found.slice(-filter.limit);
    },
    count: () => entries.size,
    clear: () => entries.clear(),
  };
}
