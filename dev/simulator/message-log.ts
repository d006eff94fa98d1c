import type { JsonLines } from './json-lines';

/** One `POST /messages`. `by`: the dial that chose the answer. */
export interface Try {
  readonly at: number;
  readonly id?: string;
  /** Whether this try sent something to the recipient. */
  readonly taken: boolean;
  readonly answered: number | 'hang' | 'drop' | 'cut';
  readonly by: string;
  readonly apiKey: string;
}

/** One post of a receipt. `answer`: HTTP status, or what went wrong. */
export interface ReceiptPost {
  readonly at: number;
  readonly ms: number;
  readonly answer: number | string;
}

/** One copy of a receipt and how it was taken. */
export interface ReceiptEntry {
  readonly eventId: string;
  readonly id: string;
  readonly status: string;
  readonly at: number;
  readonly signature: 'valid' | 'forged' | 'missing';
  readonly posts: ReceiptPost[];
}

/** What is known of one message: tries with the same `ref` are one entry. Times are milliseconds since 1970. */
export interface MessageEntry {
  readonly ref?: string;
  readonly to: string;
  readonly from?: string;
  readonly channel: string;
  readonly text?: string;
  readonly content?: unknown;
  readonly ttl?: number;
  readonly at: number;
  /** Id of the first try that was taken. */
  id?: string;
  /** How often it was posted. */
  times: number;
  /** How often it reached the recipient: above 1 it is a duplicate. */
  deliveries: number;
  /** Answers given, by dial. */
  readonly uses: Record<string, number>;
  readonly tries: Try[];
  readonly receipts: ReceiptEntry[];
}

export type NewMessage = Pick<
  MessageEntry,
  'ref' | 'to' | 'from' | 'channel' | 'text' | 'content' | 'ttl'
>;

export interface LogFilter {
  readonly ref?: string;
  readonly to?: string;
  readonly channel?: string;
  /** Only entries first seen at or after this time, in milliseconds. */
  readonly since?: number;
  /** Only the newest so many. */
  readonly limit?: number;
}

export interface MessageLog {
  find(ref: string | undefined): MessageEntry | undefined;
  recordTry(message: NewMessage, given: Try): MessageEntry;
  recordReceipt(entry: MessageEntry, receipt: ReceiptEntry): void;
  recordPost(entry: MessageEntry, receipt: ReceiptEntry, post: ReceiptPost): void;
  list(filter?: LogFilter): readonly MessageEntry[];
  count(): number;
  clear(): void;
}

/** Most tries and receipts kept per message: a retry storm must not fill the memory. */
const KEEP_PER_MESSAGE = 1_000;

function newEntry(message: NewMessage, at: number, quiet: boolean): MessageEntry {
  const kept = quiet ? { ...message, text: undefined, content: undefined } : message;
  return { ...kept, at, times: 0, deliveries: 0, uses: {}, tries: [], receipts: [] };
}

function addTry(entry: MessageEntry, given: Try): void {
  entry.times += 1;
  entry.uses[given.by] = (entry.uses[given.by] ?? 0) + 1;
  entry.deliveries += given.taken ? 1 : 0;
  if (given.taken) {
    entry.id ??= given.id;
  }
  if (entry.tries.length < KEEP_PER_MESSAGE) {
    entry.tries.push(given);
  }
}

function fits(entry: MessageEntry, filter: LogFilter): boolean {
  return (
    (filter.ref ?? entry.ref) === entry.ref &&
    (filter.to ?? entry.to) === entry.to &&
    (filter.channel ?? entry.channel) === entry.channel &&
    entry.at >= (filter.since ?? 0)
  );
}

function lineOf(entry: MessageEntry, given: Try): object {
  const { ref, to, channel, times } = entry;
  return { kind: 'message', ref, to, channel, ...given, times };
}

/** Entries in order of arrival, the oldest first; at most `keep`. */
function createEntries(keep: number) {
  const entries = new Map<string, MessageEntry>();
  let unnamed = 0;
  return {
    entries,
    add(entry: MessageEntry): MessageEntry {
      entries.set(entry.ref ?? `unnamed ${(unnamed += 1)}`, entry);
      const oldest = entries.keys().next();
      if (entries.size > keep && !oldest.done) {
        entries.delete(oldest.value);
      }
      return entry;
    },
  };
}

export function createMessageLog(
  lines: JsonLines,
  limits: { readonly keep: number; readonly quiet: boolean },
): MessageLog {
  const { entries, add } = createEntries(limits.keep);
  const find = (ref: string | undefined): MessageEntry | undefined =>
    ref === undefined ? undefined : entries.get(ref);
  return {
    find,
    recordTry(message, given) {
      const entry = find(message.ref) ?? add(newEntry(message, given.at, limits.quiet));
      addTry(entry, given);
      lines.write(lineOf(entry, given));
      return entry;
    },
    recordReceipt(entry, receipt) {
      if (!limits.quiet && entry.receipts.length < KEEP_PER_MESSAGE) {
        entry.receipts.push(receipt);
      }
    },
    recordPost(entry, receipt, post) {
      if (!limits.quiet) {
        receipt.posts.push(post);
        lines.write({ kind: 'receipt', ref: entry.ref, ...receipt, posts: undefined, ...post });
      }
    },
    list(filter = {}) {
      const found = [...entries.values()].filter((entry) => fits(entry, filter));
      return filter.limit === undefined ? found : found.slice(-filter.limit);
    },
    count: () => entries.size,
    clear: () => entries.clear(),
  };
}
