import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DomainError } from '../../domain/errors';

export interface LoadLimits {
  /** Sustained event-loop delay in milliseconds. */
  readonly maxEventLoopDelayMs: number;
  readonly maxConnectionWaits: number;
  /** Callers that wait for a database connection right now. */
  readonly connectionWaits?: () => number;
}

export interface LoadGauge {
  isOverloaded(): boolean;
  close(): void;
}

const WINDOW_MS = 500;
const RESOLUTION_MS = 20;

/** Measures how late the event loop runs, as a mean over half a second: one long pause is no overload. */
export function createLoadGauge(limits: LoadLimits): LoadGauge {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let delayMs = 0;
  const timer = setInterval(() => {
    // Without a sample in the window the mean is not a number: the loop stood still for all of it.
    const meanMs = histogram.mean / 1e6;
    delayMs = Number.isNaN(meanMs) ? WINDOW_MS : Math.max(0, meanMs - RESOLUTION_MS);
    histogram.reset();
  }, WINDOW_MS);
  timer.unref();
  return {
    isOverloaded: () =>
      delayMs > limits.maxEventLoopDelayMs ||
      (limits.connectionWaits?.() ?? 0) > limits.maxConnectionWaits,
    close: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}

/** Sheds a request that would make more work. */
export function refuseWhenOverloaded(gauge: LoadGauge): void {
  if (gauge.isOverloaded()) {
    throw new DomainError('unavailable', 'The service is overloaded. Please retry your request.', {
      retryAfterSeconds: 1,
    });
  }
}
