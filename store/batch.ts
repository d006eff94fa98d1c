/** Gathers small writes for a moment and makes them as one statement. */
export interface Batch<Item> {
  add(item: Item): void;
  /** Writes what is left. Nothing may be added afterwards. */
  close(): Promise<void>;
}

export interface BatchOptions<Item> {
  readonly write: (items: readonly Item[]) => Promise<void>;
  /** Told of a batch that could not be written twice; whoever owns the rows' leases makes up for it. */
  readonly onLost: (error: unknown, count: number) => void;
  /** How long the first item waits at most, in milliseconds, default 20. */
  readonly waitMs?: number;
  /** Items per statement at most, default 200. */
  readonly size?: number;
}

export function createBatch<Item>(options: BatchOptions<Item>): Batch<Item> {
  const { waitMs = 20, size = 200 } = options;
  let items: Item[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const batch = items;
    items = [];
    if (batch.length > 0) {
      writing = writing.then(() => writeOrRepeat(options, batch));
    }
  };
  return {
    add: (item) => {
      items.push(item);
      if (items.length >= size) {
        flush();
      } else {
        timer ??= setTimeout(flush, waitMs);
      }
    },
    close: async () => {
      flush();
      await writing;
    },
  };
}

async function writeOrRepeat<Item>(
  { write, onLost }: BatchOptions<Item>,
  batch: readonly Item[],
): Promise<void> {
  try {
    await write(batch);
  } catch {
    await write(batch).catch((error: unknown) => onLost(error, batch.length));
  }
}
