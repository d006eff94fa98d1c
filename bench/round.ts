/** One run of one load against one contender. */
import { request } from 'undici';
import type { Arena, Contender } from './contenders';
import type { Measured, Order, Pace } from './order';
import { cpuMs } from './processes';
import type { Shape } from './shapes';
import { median, percentile } from './statistics';

export interface Load {
  readonly shape: Shape;
  readonly pace: Pace;
  readonly until: Order['until'];
}

export interface Round extends Measured {
  /** CPU milliseconds per finished dispatch, by part. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** The same of the caller, provider and receiver, which is nobody's cost. */
  readonly outsideCpuMs: number;
}

export async function runRound(arena: Arena, contender: Contender, load: Load): Promise<Round> {
  const before = cpuOf(contender, arena);
  const measured = await placeOrder(arena, {
    ...load,
    url: contender.url,
    authorization: contender.authorization,
  });
  const after = cpuOf(contender, arena);
  const used = (name: string): number =>
    ((after[name] ?? 0) - (before[name] ?? 0)) / Math.max(1, measured.finished);
  const parts = Object.keys(contender.parts);
  return {
    ...measured,
    cpuMs: Object.fromEntries(parts.map((name) => [name, used(name)])),
    outsideCpuMs: used(OUTSIDE),
  };
}

const OUTSIDE = 'outside';

function cpuOf(contender: Contender, arena: Arena): Record<string, number> {
  const pids = Object.entries({ ...contender.parts, [OUTSIDE]: arena.outside.pid });
  return Object.fromEntries(pids.map(([name, pid]) => [name, cpuMs(pid)]));
}

async function placeOrder(arena: Arena, order: Order): Promise<Measured> {
  const answer = await request(`${arena.outside.url}/run`, {
    method: 'POST',
    body: JSON.stringify(order),
    // Answered when the run has ended.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return (await answer.body.json()) as Measured;
}

/** Rounds of one load: bare, ours, bare, ours …, so that a slow minute of the machine meets both. */
export async function alternate(
  arena: Arena,
  load: Load,
  count: number,
): Promise<{ bare: Summary; ours: Summary }> {
  const bare: Round[] = [];
  const ours: Round[] = [];
  for (let index = 0; index < count; index += 1) {
    bare.push(await runRound(arena, arena.bare, load));
    ours.push(await runRound(arena, arena.ours, load));
  }
  return { bare: summaryOf(bare), ours: summaryOf(ours) };
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** Medians over the rounds. */
export interface Summary {
  readonly rounds: number;
  readonly finished: number;
  readonly refused: number;
  readonly wrong: number;
  readonly repeated: number;
  readonly perSecond: number;
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly totalCpuMs: number;
  readonly outsideCpuMs: number;
  readonly accept: Spread;
  readonly toReport: Spread;
  readonly timerLag: Spread;
}

function summaryOf(rounds: readonly Round[]): Summary {
  const sum = (pick: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + pick(round), 0);
  const middle = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const spread = (pick: (round: Round) => readonly number[]): Spread => ({
    p50: middle((round) => percentile(pick(round), 0.5)),
    p99: middle((round) => percentile(pick(round), 0.99)),
  });
  const parts = Object.keys(rounds[0]?.cpuMs ?? {});
  return {
    rounds: rounds.length,
    finished: sum(({ finished }) => finished),
    refused: sum(({ refused }) => refused),
    wrong: sum(({ wrong }) => wrong),
    repeated: sum(({ repeated }) => repeated),
    perSecond: middle(({ perSecond }) => perSecond),
    cpuMs: Object.fromEntries(
      parts.map((name) => [name, middle((round) => round.cpuMs[name] ?? 0)]),
    ),
    totalCpuMs: middle((round) => Object.values(round.cpuMs).reduce((a, b) => a + b, 0)),
    outsideCpuMs: middle(({ outsideCpuMs }) => outsideCpuMs),
    accept: spread(({ acceptMs }) => acceptMs),
    toReport: spread(({ toReportMs }) => toReportMs),
    timerLag: spread(({ timerLagMs }) => timerLagMs),
  };
}
