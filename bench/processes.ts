/** What processes have used so far, read from Linux' `/proc`. Elsewhere nothing is known, and said so. */
import { readdirSync, readFileSync } from 'node:fs';

/** `getconf CLK_TCK` is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const KIB_PER_MIB = 1_024;

/** CPU milliseconds of a process, of its children that have ended, and of all that descend from it and live. */
export function cpuMs(pid: number): number {
  const table = processTable();
  const own = table.get(pid);
  return own === undefined
    ? Number.NaN
    : (own.ticks + own.endedTicks) * MS_PER_TICK + below(table, pid);
}

function below(table: ReadonlyMap<number, Stat>, pid: number): number {
  let sum = 0;
  for (const [child, stat] of table) {
    if (stat.parent === pid) {
      sum += (stat.ticks + stat.endedTicks) * MS_PER_TICK + below(table, child);
    }
  }
  return sum;
}

/** Resident MiB of a process and its descendants; memory that several share counts once, by shares. */
export function residentMiB(pid: number): number {
  const table = processTable();
  const children = [...table].filter(([, { parent }]) => parent === pid);
  const own = children.length === 0 ? residentOf(pid) : sharedOf(pid);
  return children.reduce((sum, [child]) => sum + sharedOf(child), own);
}

function residentOf(pid: number): number {
  return kibOf(`/proc/${pid}/status`, 'VmRSS') / KIB_PER_MIB;
}

function sharedOf(pid: number): number {
  return kibOf(`/proc/${pid}/smaps_rollup`, 'Pss') / KIB_PER_MIB;
}

function kibOf(file: string, name: string): number {
  try {
    const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
    return Number(line?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}

interface Stat {
  readonly parent: number;
  /** Of the living process. */
  readonly ticks: number;
  /** Of its children that have ended. */
  readonly endedTicks: number;
}

function processTable(): Map<number, Stat> {
  const table = new Map<number, Stat>();
  for (const name of list('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = statOf(Number(name));
    if (stat !== undefined) {
      table.set(Number(name), stat);
    }
  }
  return table;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** proc(5): the name, field 2, may hold spaces, so fields are counted from behind its bracket. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent, ticks: user + system, endedTicks: endedUser + endedSystem };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
