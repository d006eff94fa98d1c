/** How much is measured, and in what order. */
import type { Arena } from './contenders';
import { historySize, type HistorySize } from './histories';
import { residentMiB } from './processes';
import { alternate, runRound, type Load, type Summary } from './round';
import { SHAPES } from './shapes';

/** Sizes of a run. */
export interface Size {
  readonly closedRounds: number;
  readonly closedSeconds: number;
  readonly rateRounds: number;
  readonly rateSeconds: number;
  readonly atOnce: number;
  readonly open: number;
}

export const FULL: Size = {
  closedRounds: 3,
  closedSeconds: 8,
  rateRounds: 3,
  rateSeconds: 12,
  atOnce: 500,
  open: 5_000,
};
/** For those who change the code: about three minutes, and figures that only show the order of magnitude. */
export const QUICK: Size = {
  closedRounds: 1,
  closedSeconds: 8,
  rateRounds: 1,
  rateSeconds: 5,
  atOnce: 100,
  open: 300,
};

const IN_FLIGHT = 64;
const PER_SECOND = 8;
const EXPIRIES_PER_SECOND = 5;
const WARM_UP_SECONDS = 4;

export interface Pair {
  readonly bare: Summary;
  readonly ours: Summary;
}

export interface Results {
  readonly histories: Readonly<
    Record<
      'delivered' | 'rejected' | 'expired',
      { readonly bare: HistorySize; readonly ours: HistorySize }
    >
  >;
  readonly closed: Readonly<Record<'delivered' | 'rejected', Pair>>;
  readonly rate: Pair;
  readonly expiry: Pair;
  readonly atOnce: Pair;
  /** Resident MiB by part, after all loads. */
  readonly loadedMiB: Readonly<Record<string, number>>;
  readonly resting: {
    readonly open: number;
    readonly openedPerSecond: number;
    readonly miB: Readonly<Record<string, number>>;
  };
}

/** Runs everything; `say` hears what is being measured. */
export async function measure(
  arena: Arena,
  size: Size,
  say: (line: string) => void,
): Promise<Results> {
  const pair = (what: string, load: Load, rounds: number): Promise<Pair> => {
    say(`${what}, ${load.shape.name}: ${rounds} rounds each`);
    return alternate(arena, load, rounds);
  };
  const { closedRounds, closedSeconds, rateRounds } = size;
  await pair('Warming up', closed('delivered', WARM_UP_SECONDS), 1);
  await pair('Warming up', closed('rejected', WARM_UP_SECONDS), 1);
  say('Counting state transitions');
  const histories = await countHistories(arena);
  const loop = `${IN_FLIGHT} in flight`;
  const delivered = await pair(loop, closed('delivered', closedSeconds), closedRounds);
  const rejected = await pair(loop, closed('rejected', closedSeconds), closedRounds);
  const rate = await pair(
    `${PER_SECOND} per second`,
    atRate(PER_SECOND, 'delivered', size),
    rateRounds,
  );
  const slow = `${EXPIRIES_PER_SECOND} per second`;
  const expiry = await pair(slow, atRate(EXPIRIES_PER_SECOND, 'expired', size), rateRounds);
  const atOnce = await pair(`${size.atOnce} at once`, once('expired', size.atOnce), 1);
  const loadedMiB = residents(arena);
  say(`${size.open} open dispatches`);
  const resting = await rest(arena, size.open);
  return { histories, rate, expiry, atOnce, loadedMiB, resting, closed: { delivered, rejected } };
}

type ShapeName = keyof typeof SHAPES;

function closed(shape: ShapeName, seconds: number): Load {
  return {
    shape: SHAPES[shape],
    until: 'report',
    pace: { kind: 'closed', inFlight: IN_FLIGHT, seconds },
  };
}

function atRate(perSecond: number, shape: ShapeName, { rateSeconds }: Size): Load {
  const pace = { kind: 'rate', perSecond, seconds: rateSeconds } as const;
  return { pace, shape: SHAPES[shape], until: 'report' };
}

function once(shape: ShapeName, count: number): Load {
  return {
    shape: SHAPES[shape],
    until: 'report',
    pace: { kind: 'once', count, connections: IN_FLIGHT },
  };
}

/** A few, one after the other: nothing is retried, and no two pieces of news meet in one task. */
async function countHistories(arena: Arena): Promise<Results['histories']> {
  const count = async (shape: ShapeName) => {
    const load: Load = {
      shape: SHAPES[shape],
      until: 'report',
      pace: { kind: 'closed', inFlight: 1, seconds: shape === 'expired' ? 3 : 1 },
    };
    const sizeOf = async (contender: Arena['ours']): Promise<HistorySize> =>
      historySize(arena, (await runRound(arena, contender, load)).dispatchIds);
    return { bare: await sizeOf(arena.bare), ours: await sizeOf(arena.ours) };
  };
  return {
    delivered: await count('delivered'),
    rejected: await count('rejected'),
    expired: await count('expired'),
  };
}

async function rest(arena: Arena, open: number): Promise<Results['resting']> {
  const pace = { kind: 'once', count: open, connections: 32 } as const;
  const begunAt = performance.now();
  await runRound(arena, arena.ours, { pace, shape: SHAPES.resting, until: 'sent' });
  const seconds = (performance.now() - begunAt) / 1_000;
  // Their submitted receipts, and what is posted of them.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return { open, openedPerSecond: open / seconds, miB: residents(arena) };
}

function residents(arena: Arena): Record<string, number> {
  const pids = { ...arena.bare.parts, ...arena.ours.parts };
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentMiB(pid)]));
}
