/** Work that a process repeats in the background until it stops. */
export interface Loop {
  /** Ends after the round under way. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  /** Told of a round that failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

/** Repeats `work`, `everyMs` between the end of one round and the next, jittered so that processes do not march in step. */
export function startLoop({ everyMs, work, onError }: LoopOptions): Loop {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const plan = (): void => {
    timer = setTimeout(
      () => {
        round = work()
          .catch(onError)
          .finally(() => {
            if (!stopped) {
              plan();
            }
          });
      },
      everyMs * (0.8 + 0.4 * Math.random()),
    );
  };
  plan();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
