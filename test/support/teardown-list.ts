/** What is to be undone at the end of the run. Jest gives setup and teardown separate modules, so it lives globally. */
type Undo = () => Promise<void>;

const KEY = Symbol.for('failover-dispatch.teardown');

function list(): Undo[] {
  const holder = globalThis as { [KEY]?: Undo[] };
  return (holder[KEY] ??= []);
}

export function onTeardown(undo: Undo): void {
  list().push(undo);
}

/** Last made, first undone; one that fails does not keep the others from their turn. */
export async function tearDown(): Promise<void> {
  const problems: unknown[] = [];
  for (let undo = list().pop(); undo; undo = list().pop()) {
    await undo().catch((error: unknown) => problems.push(error));
  }
  if (problems.length > 0) {
    throw new AggregateError(problems, 'the test run did not clean up');
  }
}
