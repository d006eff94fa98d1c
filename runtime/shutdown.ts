import type { Logger } from './logger';

/** One step of an orderly stop. */
export interface ShutdownPhase {
  readonly name: string;
  /** Longest time in milliseconds; after it the next phase begins. */
  readonly limitMs: number;
  readonly run: () => Promise<void> | void;
}

export interface ShutdownOptions {
  /** In the order they run. */
  readonly phases: readonly ShutdownPhase[];
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Longest time of all phases together in milliseconds, default 30,000; after it the process exits with 1. */
  readonly limitMs?: number;
  /** What ends the process, default `process.exit`. */
  readonly exit?: (code: number) => void;
  /** Where signals come from, default the process. */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

export interface Shutdown {
  /** Whether the stop has begun. */
  readonly isStopping: boolean;
  /** Begins the stop; a second call awaits the same one. */
  stop(reason: string): Promise<void>;
  /** Takes the signal handlers away again. */
  dispose(): void;
}

const DEFAULT_LIMIT_MS = 30_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Stops in order on SIGTERM and SIGINT; a second signal exits at once. */
export function installShutdown(options: ShutdownOptions): Shutdown {
  const exit = options.exit ?? ((code: number): void => process.exit(code));
  const signals: Pick<NodeJS.EventEmitter, 'on' | 'off'> = options.signals ?? process;
  let stopping: Promise<void> | undefined;
  const stop = (reason: string): Promise<void> => (stopping ??= runToExit(options, exit, reason));
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      options.log.warn({ signal }, 'stopping at once');
      exit(1);
      return;
    }
    void stop(signal);
  };
  for (const signal of SIGNALS) {
    signals.on(signal, onSignal);
  }
  return {
    get isStopping() {
      return stopping !== undefined;
    },
    stop,
    dispose: () => SIGNALS.forEach((signal) => signals.off(signal, onSignal)),
  };
}

async function runToExit(
  { phases, log, limitMs = DEFAULT_LIMIT_MS }: ShutdownOptions,
  exit: (code: number) => void,
  reason: string,
): Promise<void> {
  log.info({ reason }, 'stopping');
  const hardLimit = setTimeout(() => {
    log.error({ limitMs }, 'stop took too long');
    exit(1);
  }, limitMs);
  let failed = false;
  for (const phase of phases) {
    failed = !(await runPhase(phase, log)) || failed;
  }
  clearTimeout(hardLimit);
  log.info({ failed }, 'stopped');
  exit(failed ? 1 : 0);
}

/** Whether the phase ended without an error. One that is cut short has not failed: its limit is its plan. */
async function runPhase(
  { name, limitMs, run }: ShutdownPhase,
  log: ShutdownOptions['log'],
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'cut'>((resolve) => {
    timer = setTimeout(() => resolve('cut'), limitMs);
  });
  try {
    const result = await Promise.race([Promise.resolve().then(run), limit]);
    if (result === 'cut') {
      log.warn({ phase: name, limitMs }, 'stop phase cut short');
    }
    return true;
  } catch (err) {
    log.error({ phase: name, err }, 'stop phase failed');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
