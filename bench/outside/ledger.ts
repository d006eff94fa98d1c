/** What happened to each dispatch, by one clock: the caller, the provider and the receiver are one process. */

export interface Entry {
  readonly sequence: number;
  acceptMs: number;
  dispatchId: string;
  /** When each message arrived, in order of arrival. */
  readonly arrivals: number[];
  /** When each message's arrival was answered. */
  readonly answers: number[];
  /** When the post of the latest deciding receipt began. */
  decidedAt: number;
  reportedAt: number;
  status: string;
}

/** A dispatch's first message has arrived at the provider, or its final report at the receiver. */
type Awaited = 'report' | 'sent';

export interface Ledger {
  open(): Entry;
  find(sequence: number): Entry | undefined;
  /** A message has arrived. */
  arrived(entry: Entry): void;
  /** A final report has arrived. */
  reported(dispatchId: string, status: string): void;
  accepted(entry: Entry, dispatchId: string): void;
  /** Resolves with the first arrival, or the report; false when time is up. */
  until(entry: Entry, what: Awaited, limitMs: number): Promise<boolean>;
  clear(): void;
}

export function createLedger(): Ledger {
  const entries = new Map<number, Entry>();
  const byDispatch = new Map<string, Entry>();
  const waits = createWaits();
  let last = 0;
  return {
    open: () => {
      last += 1;
      const entry = newEntry(last);
      entries.set(last, entry);
      return entry;
    },
    find: (sequence) => entries.get(sequence),
    arrived: (entry) => {
      entry.arrivals.push(performance.now());
      waits.settle(entry, 'sent');
    },
    accepted: (entry, dispatchId) => {
      entry.dispatchId = dispatchId;
      byDispatch.set(dispatchId, entry);
    },
    reported: (dispatchId, status) => {
      const entry = byDispatch.get(dispatchId);
      if (entry !== undefined && entry.reportedAt === 0) {
        entry.reportedAt = performance.now();
        entry.status = status;
        waits.settle(entry, 'report');
      }
    },
    until: async (entry, what, limitMs) => {
      const over = what === 'sent' ? entry.arrivals.length > 0 : entry.reportedAt > 0;
      return over || waits.until(entry, what, limitMs);
    },
    clear: () => {
      entries.clear();
      byDispatch.clear();
    },
  };
}

function newEntry(sequence: number): Entry {
  return {
    sequence,
    acceptMs: 0,
    dispatchId: '',
    arrivals: [],
    answers: [],
    decidedAt: 0,
    reportedAt: 0,
    status: '',
  };
}

/** Who waits for news of an entry: one at most. */
function createWaits() {
  const waits = new Map<number, { what: Awaited; resolve: (inTime: boolean) => void }>();
  return {
    settle: ({ sequence }: Entry, what: Awaited): void => {
      const wait = waits.get(sequence);
      if (wait?.what === what) {
        wait.resolve(true);
      }
    },
    until: ({ sequence }: Entry, what: Awaited, limitMs: number): Promise<boolean> =>
      new Promise((resolve) => {
        const settle = (inTime: boolean): void => {
          clearTimeout(timer);
          waits.delete(sequence);
          resolve(inTime);
        };
        const timer = setTimeout(() => settle(false), limitMs);
        waits.set(sequence, { what, resolve: settle });
      }),
  };
}
