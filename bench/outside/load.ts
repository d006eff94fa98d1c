/** The caller: posts dispatches at the ordered pace and sums up what became of them. */
import type { Pool } from 'undici';
import type { Measured, Order } from '../order';
import { dispatchBody } from '../shapes';
import type { Entry, Ledger } from './ledger';

export interface LoadDeps {
  readonly ledger: Ledger;
  readonly poolFor: (origin: string) => Pool;
}

/** Longest wait for a dispatch to end, beyond its expiry, in milliseconds. */
const PATIENCE_MS = 90_000;
const SHOWN_IDS = 20;

interface Run {
  readonly order: Order;
  readonly entries: Entry[];
  refused: number;
  readonly startedAt: number;
}

/** Runs an order to its end: every dispatch that was accepted has ended, or has been given up. */
export async function runLoad(deps: LoadDeps, order: Order): Promise<Measured> {
  deps.ledger.clear();
  const run: Run = { order, entries: [], refused: 0, startedAt: performance.now() };
  await paced(deps, run);
  return measuredFrom(run);
}

async function paced(deps: LoadDeps, run: Run): Promise<void> {
  const { pace } = run.order;
  switch (pace.kind) {
    case 'closed': {
      const endsAt = run.startedAt + pace.seconds * 1_000;
      return inParallel(pace.inFlight, async () => {
        while (performance.now() < endsAt) {
          await ended(deps, run, await accept(deps, run));
        }
      });
    }
    case 'rate': {
      const gapMs = 1_000 / pace.perSecond;
      return inParallel(pace.perSecond * pace.seconds, async (index) => {
        await sleepUntil(run.startedAt + index * gapMs);
        await ended(deps, run, await accept(deps, run));
      });
    }
    case 'once':
      return once(deps, run, pace);
  }
}

async function once(
  deps: LoadDeps,
  run: Run,
  pace: { readonly count: number; readonly connections: number },
): Promise<void> {
  const waits: Promise<void>[] = [];
  let left = pace.count;
  await inParallel(pace.connections, async () => {
    while (left > 0) {
      left -= 1;
      const entry = await accept(deps, run);
      if (entry === undefined) {
        left += 1;
      } else {
        waits.push(ended(deps, run, entry));
      }
    }
  });
  await Promise.all(waits);
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => work(index)));
}

async function sleepUntil(at: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
}

async function accept({ ledger, poolFor }: LoadDeps, run: Run): Promise<Entry | undefined> {
  const { url, authorization, shape } = run.order;
  const { origin, pathname } = new URL(url);
  const entry = ledger.open();
  const begunAt = performance.now();
  const answer = await poolFor(origin)
    .request({
      method: 'POST',
      path: pathname,
      headers: { authorization, 'content-type': 'application/json' },
      body: dispatchBody(shape, entry.sequence),
    })
    .catch(() => undefined);
  if (answer?.statusCode !== 202) {
    await answer?.body.dump();
    run.refused += 1;
    await sleepUntil(performance.now() + 100);
    return undefined;
  }
  const { dispatch_uuid: dispatchId } = (await answer.body.json()) as { dispatch_uuid: string };
  entry.acceptMs = performance.now() - begunAt;
  ledger.accepted(entry, dispatchId);
  run.entries.push(entry);
  return entry;
}

async function ended(deps: LoadDeps, { order }: Run, entry: Entry | undefined): Promise<void> {
  if (entry !== undefined) {
    const expiryMs = order.shape.first === 'silent' ? order.shape.expirySeconds * 1_000 : 0;
    const limitMs = order.until === 'sent' ? PATIENCE_MS : PATIENCE_MS + expiryMs;
    await deps.ledger.until(entry, order.until, limitMs);
  }
}

function measuredFrom({ order, entries, refused }: Run): Measured {
  const { shape, until } = order;
  const steps = until === 'sent' || shape.first === 'delivered' ? 1 : 2;
  const isRight = (entry: Entry): boolean =>
    until === 'sent' ? entry.arrivals.length > 0 : entry.status === 'completed';
  const right = entries.filter(isRight);
  const reported = right.filter((entry) => entry.reportedAt > 0);
  return {
    refused,
    finished: right.length,
    wrong: entries.length - right.length,
    repeated: entries.filter(({ arrivals }) => arrivals.length > steps).length,
    perSecond: rateOf(reported),
    acceptMs: entries.map(({ acceptMs }) => acceptMs),
    toReportMs: reported.map(({ reportedAt, decidedAt }) => reportedAt - decidedAt),
    timerLagMs: shape.first === 'silent' ? right.flatMap((one) => lagOf(one, order)) : [],
    dispatchIds: right.slice(-SHOWN_IDS).map(({ dispatchId }) => dispatchId),
  };
}

function lagOf({ arrivals, answers }: Entry, { shape }: Order): number[] {
  const [, second] = arrivals;
  const [answered = 0] = answers;
  return second === undefined ? [] : [second - answered - shape.expirySeconds * 1_000];
}

/** From the first end to the last: however long a dispatch takes, the filling of the loop is left out. */
function rateOf(right: readonly Entry[]): number {
  const ends = right.map(({ reportedAt }) => reportedAt);
  const seconds = (Math.max(...ends) - Math.min(...ends)) / 1_000;
  return (ends.length - 1) / seconds;
}
