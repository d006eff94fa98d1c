import type { Logger } from '../runtime/logger';
import type { PublicHandler } from './route';

/** One thing that must be right before requests are sent here. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves when it is right; a throw or a silence of more than `limitMs` means that it is not. */
  readonly check: () => Promise<unknown>;
  /** Longest wait in milliseconds, default 500. */
  readonly limitMs?: number;
}

export interface HealthDeps {
  readonly checks: readonly ReadinessCheck[];
  readonly log: Logger;
  /** Whether the process is stopping: it still answers, but wants no new work. */
  readonly isStopping: () => boolean;
}

const DEFAULT_LIMIT_MS = 500;
/** Anybody may ask: one run answers all who ask within this time, in milliseconds. */
const REUSE_MS = 500;

/** The process lives, whatever is around it. */
export const getLivez: PublicHandler = () => ({ status: 200, body: { status: 'alive' } });

/** Whether everything that a request needs is there; the reasons stay in the log. */
export function createReadyz(deps: HealthDeps): PublicHandler {
  let last: { readonly at: number; readonly states: Promise<Record<string, string>> } | undefined;
  return async () => {
    if (deps.isStopping()) {
      return { status: 503, body: { status: 'stopping' } };
    }
    const at = performance.now();
    if (!last || at - last.at > REUSE_MS) {
      last = { at, states: runChecks(deps) };
    }
    const checks = await last.states;
    const isReady = Object.values(checks).every((state) => state === 'ok');
    return {
      status: isReady ? 200 : 503,
      body: { status: isReady ? 'ready' : 'not ready', checks },
    };
  };
}

async function runChecks({ checks, log }: HealthDeps): Promise<Record<string, string>> {
  const states = await Promise.all(
    checks.map(async (check) => [check.name, await stateOf(check, log)] as const),
  );
  return Object.fromEntries(states);
}

async function stateOf(
  { name, check, limitMs = DEFAULT_LIMIT_MS }: ReadinessCheck,
  log: Logger,
): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([Promise.resolve().then(check), limit]);
    return 'ok';
  } catch (err) {
    log.warn({ check: name, err }, 'not ready');
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
