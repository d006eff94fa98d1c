/** The tables, in Markdown: a terminal shows them as well as a document does. */
import type { Pair, Results } from './plan';
import type { Spread } from './round';

type Cell = string | number;

export function tables(results: Results): string {
  return [
    loadTable(results),
    latencyTable(results),
    cpuTable(results),
    historyTable(results),
    memoryTable(results),
    countsTable(results),
  ].join('\n\n');
}

function loads({ closed, rate, expiry, atOnce }: Results): readonly (readonly [string, Pair])[] {
  return [
    ['closed loop, first step delivered', closed.delivered],
    ['closed loop, failover on rejection', closed.rejected],
    ['8/s, first step delivered', rate],
    ['5/s, failover on expiry', expiry],
    ['all at once, failover on expiry', atOnce],
  ];
}

function loadTable(results: Results): string {
  const rows = loads(results).map(([name, { bare, ours }]) => [
    name,
    fixed(bare.perSecond),
    fixed(ours.perSecond),
    ratio(ours.perSecond, bare.perSecond),
    fixed(bare.totalCpuMs),
    fixed(ours.totalCpuMs),
    ratio(ours.totalCpuMs, bare.totalCpuMs),
  ]);
  return table(
    ['Load', 'bare /s', 'ours /s', 'ratio', 'bare CPU ms', 'ours CPU ms', 'ratio'],
    rows,
  );
}

function latencyTable(results: Results): string {
  const rows = loads(results).map(([name, { bare, ours }]) => [
    name,
    both(bare.accept),
    both(ours.accept),
    both(bare.toReport),
    both(ours.toReport),
    ratio(ours.toReport.p99, bare.toReport.p99),
    both(bare.timerLag),
    both(ours.timerLag),
  ]);
  return table(
    [
      'p50 / p99 in ms',
      'accept, bare',
      'accept, ours',
      'webhook → report, bare',
      'webhook → report, ours',
      'p99 ratio',
      'timer lag, bare',
      'timer lag, ours',
    ],
    rows,
  );
}

function cpuTable(results: Results): string {
  const rows = loads(results).map(([name, { bare, ours }]) => [
    name,
    fixed(bare.cpuMs['app']),
    fixed(bare.cpuMs['temporal']),
    fixed(ours.cpuMs['api']),
    fixed(ours.cpuMs['worker']),
    fixed(ours.cpuMs['temporal']),
    fixed(ours.cpuMs['postgres']),
    `${fixed(bare.outsideCpuMs)} / ${fixed(ours.outsideCpuMs)}`,
  ]);
  return table(
    [
      'CPU ms per dispatch',
      'bare: app',
      'bare: temporal',
      'api',
      'worker',
      'temporal',
      'postgres',
      'outside (not counted), bare / ours',
    ],
    rows,
  );
}

function historyTable({ histories }: Results): string {
  const { delivered, rejected, expired } = histories;
  const row = (name: string, sizes: typeof delivered): Cell[] => [
    name,
    sizes.bare.transitions,
    sizes.ours.transitions,
    sizes.bare.events,
    sizes.ours.events,
  ];
  return table(
    ['Per dispatch', 'transitions, bare', 'transitions, ours', 'events, bare', 'events, ours'],
    [
      row('first step delivered', delivered),
      row('failover on rejection', rejected),
      row('failover on expiry', expired),
    ],
  );
}

function memoryTable({ loadedMiB, resting }: Results): string {
  const names = Object.keys(loadedMiB);
  return table(
    ['Resident MiB', ...names],
    [
      ['after the loads', ...names.map((name) => fixed(loadedMiB[name], 0))],
      [`with ${resting.open} open`, ...names.map((name) => fixed(resting.miB[name], 0))],
    ],
  );
}

function countsTable(results: Results): string {
  const rows = loads(results).map(([name, { bare, ours }]) => [
    name,
    ours.rounds,
    `${bare.finished} / ${ours.finished}`,
    `${bare.refused} / ${ours.refused}`,
    `${bare.wrong} / ${ours.wrong}`,
    `${bare.repeated} / ${ours.repeated}`,
  ]);
  return table(
    ['bare / ours', 'rounds each', 'dispatches', 'accepts refused', 'ended wrong', 'sent twice'],
    rows,
  );
}

function both({ p50, p99 }: Spread): string {
  return Number.isNaN(p50) ? '–' : `${fixed(p50, 0)} / ${fixed(p99, 0)}`;
}

function ratio(ours: number, bare: number): string {
  return fixed(ours / bare, 2);
}

export function fixed(value: number | undefined, digits = 1): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/** A Markdown table whose columns line up. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) =>
    Math.max(3, ...texts.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...rest] = texts;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join(
    '\n',
  );
}
