/** A tiny process that ends guarded children as soon as this one is gone, even by SIGKILL. */
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** How long children may take to stop in order after their parent died, in milliseconds. */
const GRACE_MS = 2_000;

let watchdog: ChildProcess | undefined;

/** From now on process group `pid` gets `signal`, and soon SIGKILL, when this process ends. */
export function guard(pid: number, signal: NodeJS.Signals): void {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${pid} ${signal}\n`);
}

/** Forgets `pid`: it has ended, and its number may be given to another process. */
export function release(pid: number): void {
  watchdog?.stdin?.write(`${pid}\n`);
}

/**
 * The pipe to its stdin is the proof of life: the kernel closes it however we end. A session of its own keeps the
 * terminal's Ctrl-C away. The source is handed over as text, so that it needs no compiled file beside it.
 */
function startWatchdog(): ChildProcess {
  const started = spawn(process.execPath, ['-e', `(${watch.toString()})(${GRACE_MS})`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  started.unref();
  const forget = (): void => {
    if (watchdog === started) {
      watchdog = undefined;
    }
  };
  started.on('exit', forget).on('error', forget);
  // A write after the watchdog was killed must not bring its parent down.
  started.stdin.on('error', forget);
  if (started.stdin instanceof Socket) {
    started.stdin.unref();
  }
  return started;
}

/** Runs in the other process: uses nothing from this module. */
/* istanbul ignore next: a coverage counter would not exist over there */
function watch(graceMs: number): void {
  const guarded = new Map<number, string>();
  const signalAll = (signalFor: (own: string) => string | number): number => {
    let reached = 0;
    for (const [pid, own] of guarded) {
      try {
        process.kill(-pid, signalFor(own));
        reached += 1;
      } catch {
        guarded.delete(pid);
      }
    }
    return reached;
  };
  const endAll = (): void => {
    signalAll((own) => own);
    const deadline = Date.now() + graceMs;
    const timer = setInterval(() => {
      const isOver = Date.now() >= deadline;
      if (signalAll(() => (isOver ? 'SIGKILL' : 0)) === 0 || isOver) {
        clearInterval(timer);
      }
    }, 50);
  };
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [pid, signal] = line.split(' ');
      if (signal) {
        guarded.set(Number(pid), signal);
      } else {
        guarded.delete(Number(pid));
      }
    }
  });
  process.stdin.on('close', endAll);
}
