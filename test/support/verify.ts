/** Checks what must hold whatever dies: reads Postgres, the simulator's log, the received callbacks and the caller's log. */
import type { Stack } from '../../dev/stack';
import type { Wanted } from './dispatch-caller';
import { until } from './until';
import { acceptFindings } from './verify-accepts';
import { readFacts, type Facts, type Finding } from './verify-facts';
import { receiptFindings, reportFindings, statusFindings } from './verify-reports';
import { sendFindings, stepFindings } from './verify-sends';

/** All breaches; none is the only good answer. */
export async function verify(stack: Stack, wanted: readonly Wanted[]): Promise<Finding[]> {
  return findings(await readFacts(stack), wanted);
}

function findings(facts: Facts, wanted: readonly Wanted[]): Finding[] {
  return [
    ...acceptFindings(facts, wanted),
    ...sendFindings(facts),
    ...stepFindings(facts),
    ...receiptFindings(facts),
    ...statusFindings(facts),
    ...reportFindings(facts),
  ];
}

/** Waits until nothing is on its way any more: every dispatch ended, every callback and receipt settled. */
export async function untilSettled(stack: Stack, timeoutMs = 60_000): Promise<void> {
  await until(
    async () => {
      const { dispatches, callbacks, receipts } = await readFacts(stack);
      return (
        dispatches.every(({ status }) => status !== 'running') &&
        callbacks.every(({ state }) => state !== 'pending') &&
        receipts.every(({ state }) => state !== 'pending')
      );
    },
    { timeoutMs, everyMs: 250, what: 'the end of every dispatch, callback and receipt' },
  );
}
