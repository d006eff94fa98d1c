/** Child processes that stop only on order, and never outlive this one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { guard, release } from './watchdog';

/** Takes one line of text, without its line end. */
export type Log = (line: string) => void;

export interface ChildOptions {
  /** What messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The OS user it runs as; only root may choose. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** What asks it to end in order; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long after `stopSignal` SIGKILL follows, in milliseconds; default 10,000. */
  readonly graceMs?: number;
  /** Hears every line of stdout and stderr as it comes. */
  readonly onLine?: Log;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves once it has ended and its output is read; never rejects. */
  readonly exited: Promise<ChildExit>;
  isRunning(): boolean;
  /** The last lines of stdout and stderr, mixed as they came. */
  output(): string;
  /** Sends a signal to the child alone; nothing happens when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Ends it and whatever it started, gently at first. Safe to call twice. */
  stop(): Promise<ChildExit>;
}

const DEFAULT_GRACE_MS = 10_000;
/** How many lines of output are kept for `output()`. */
const KEPT_LINES = 500;

/**
 * Starts a child in its own process group: the terminal's Ctrl-C reaches only us, and we say who stops when.
 * Rejects when the command cannot be started.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const spawned = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.owner,
  });
  const { pid } = spawned;
  if (pid === undefined) {
    const [cause] = await once(spawned, 'error');
    throw new Error(`${options.name} cannot be started: ${String(cause)}`, { cause });
  }
  return childOf(spawned, pid, options);
}

function childOf(spawned: ChildProcess, pid: number, options: ChildOptions): Child {
  const { name, stopSignal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = options;
  guard(pid, stopSignal);
  const lines = collectLines(spawned, options.onLine);
  const exited = new Promise<ChildExit>((resolve) => {
    spawned.once('exit', () => release(pid));
    spawned.once('close', (code, signal) => resolve({ code, signal }));
  });
  const isRunning = (): boolean => spawned.exitCode === null && spawned.signalCode === null;
  const stop = async (): Promise<ChildExit> => {
    if (isRunning()) {
      signalGroup(pid, stopSignal);
    }
    // Also after the child itself has ended: something it started may hold its output open.
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    return exited.finally(() => clearTimeout(timer));
  };
  const output = (): string => lines.join('\n');
  const kill = (signal: NodeJS.Signals): void => void spawned.kill(signal);
  return { name, pid, exited, isRunning, output, kill, stop };
}

/** Runs `work` until it says yes. Rejects, with the child's output, when the child ends or time is up before. */
export async function untilReady(
  child: Child,
  timeoutMs: number,
  work: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await work())) {
    if (!child.isRunning()) {
      await child.exited;
      throw new Error(`${child.name} ended while starting:\n${child.output()}`);
    }
    if (Date.now() >= deadline) {
      throw new Error(`${child.name} did not answer within ${timeoutMs} ms:\n${child.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function collectLines(child: ChildProcess, onLine: Log | undefined): string[] {
  const kept: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) {
      createInterface({ input: stream }).on('line', (line) => {
        kept.push(line);
        if (kept.length > KEPT_LINES) {
          kept.shift();
        }
        onLine?.(line);
      });
    }
  }
  return kept;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The whole group has ended already.
  }
}
