/** Timers that end together, so that a closed simulator does nothing more. */
export interface Timers {
  after(delayMs: number, action: () => void): void;
  clear(): void;
}

export function createTimers(): Timers {
  const pending = new Set<NodeJS.Timeout>();
  let closed = false;
  return {
    after(delayMs, action) {
      if (closed) {
        return;
      }
      const timer = setTimeout(() => {
        pending.delete(timer);
        action();
      }, delayMs);
      pending.add(timer);
    },
    clear() {
      closed = true;
      pending.forEach((timer) => clearTimeout(timer));
      pending.clear();
    },
  };
}
