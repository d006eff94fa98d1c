/** The figures that the product is held to, and whether this run has met them. */
import type { Results } from './plan';
import { fixed, table } from './print';

interface Requirement {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** Whether the value must not exceed the limit, or not fall below it. */
  readonly kind: 'most' | 'least';
}

export function requirementsTable(results: Results): string {
  const all = [...closedLoops(results), ...server(results), ...times(results), memory(results)];
  const rows = all.map(({ name, value, limit, kind }) => {
    const met = kind === 'most' ? value <= limit : value >= limit;
    const sign = kind === 'most' ? '≤' : '≥';
    return [name, `${sign} ${limit}`, fixed(value, 2), met ? 'met' : 'NOT MET'];
  });
  return table(['Required', 'limit', 'measured', ''], rows);
}

function atMost(name: string, value: number, limit: number): Requirement {
  return { name, value, limit, kind: 'most' };
}

function closedLoops({ closed }: Results): Requirement[] {
  return Object.entries(closed).flatMap(([name, { bare, ours }]): Requirement[] => {
    const throughput = ours.perSecond / bare.perSecond;
    return [
      { name: `throughput to bare, ${name}`, value: throughput, limit: 0.8, kind: 'least' },
      atMost(`CPU per dispatch to bare, ${name}`, ours.totalCpuMs / bare.totalCpuMs, 1.25),
    ];
  });
}

function server({ histories: { delivered, rejected, expired } }: Results): Requirement[] {
  const failedOver = Math.max(rejected.ours.transitions, expired.ours.transitions);
  return [
    atMost('state transitions, first step delivered', delivered.ours.transitions, 9),
    atMost('state transitions, one failover', failedOver, 15),
  ];
}

function times({ rate, expiry }: Results): Requirement[] {
  const report = rate.ours.toReport.p99 / rate.bare.toReport.p99;
  return [
    atMost('webhook → report p99 to bare, 8/s', report, 1),
    atMost('timer lag p99 at 5/s, ms', expiry.ours.timerLag.p99, 100),
  ];
}

function memory({ resting }: Results): Requirement {
  const { api = Number.NaN, worker = Number.NaN } = resting.miB;
  return atMost(`API and worker with ${resting.open} open, MiB`, api + worker, 500);
}
