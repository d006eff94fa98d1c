/** What is undone after a test file, later than all of its own hooks. `environment.ts` calls it. */
type Undo = () => Promise<unknown>;

const KEY = Symbol.for('failover-dispatch.after-file');

/** Each test file has a global object of its own. */
interface Holder {
  [KEY]?: Undo[];
}

/** Registers `undo` for the end of the current test file; last registered, first called. */
export function afterFile(undo: Undo): void {
  const holder = globalThis as Holder;
  (holder[KEY] ??= []).push(undo);
}

/** Calls everything that the file with this global object has registered. */
export async function runAfterFile(global: object): Promise<void> {
  const list = (global as Holder)[KEY] ?? [];
  for (let undo = list.pop(); undo; undo = list.pop()) {
    await undo();
  }
}
