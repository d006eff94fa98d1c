import { randomUUID } from 'node:crypto';
import { compose } from '../../callbacks/compose';
import type { StepState } from '../../domain/failover-state';
import { recordReceipt } from '../../store/record-receipt';
import type { HistoryJson } from '../replay/history-json';
import { until } from '../support/until';
import type { Story } from './stories';
import { historyOf, resultOf, stateOf, type World } from './world';

/** A story that has come to its end. */
export interface Told {
  readonly dispatchId: string;
  readonly ends: string;
  readonly outcomes: readonly string[];
  readonly history: HistoryJson;
  /** How many messages the provider has taken or refused for each step. */
  readonly handOvers: readonly number[];
}

/** Lives a story from its accept to its end. */
export async function tell(world: World, story: Story): Promise<Told> {
  const { product, stopper } = world;
  for (const dial of story.dials ?? []) {
    await product.dial(dial);
  }
  const caller = story.stopOnLateSuccess && stopper;
  const dispatchId = await product.dispatch(story.steps, caller);
  if (story.plot !== undefined) {
    await PLOTS[story.plot](world, dispatchId);
  }
  const result = await resultOf(world, dispatchId);
  const { steps } = await stateOf(world, dispatchId);
  const view = await product.view(dispatchId, caller);
  return {
    dispatchId,
    ends: `${result.status}: ${result.cause}`,
    outcomes: steps.map(outcomeOf),
    history: await historyOf(world, dispatchId),
    handOvers: view.steps.map(({ attempts }: { attempts: unknown[] }) => attempts.length),
  };
}

function outcomeOf({ phase, outcome, cause }: StepState): string {
  return cause === undefined ? phase : `${outcome}: ${cause.kind}`;
}

type Plot = (world: World, dispatchId: string) => Promise<void>;

const PLOTS: Readonly<Record<NonNullable<Story['plot']>, Plot>> = {
  canceled: async (world, dispatchId) => {
    await untilWaiting(world, dispatchId);
    await world.client.workflow.getHandle(dispatchId).cancel();
  },
  'canceled while sending': async (world, dispatchId) => {
    await untilHandedOver(world, dispatchId);
    await world.client.workflow.getHandle(dispatchId).cancel();
  },
  // As when the process that committed the receipt dies before it has signalled the workflow.
  'success is stored but not told': async (world, dispatchId) => {
    await untilWaiting(world, dispatchId);
    const [attempt] = await world.product.sql<{ account: string; tenant: string; message: string }>(
      `select a.account_id as account, a.tenant_id as tenant, a.message_id as message
       from attempts a join messages m on m.id = a.message_id where m.dispatch_id = ?`,
      [dispatchId],
    );
    if (attempt === undefined) {
      throw new Error('nothing was handed over');
    }
    const recorded = await recordReceipt(
      world.product.db,
      {
        id: randomUUID(),
        accountId: attempt.account,
        tenantId: attempt.tenant,
        dedupeKey: `event:${randomUUID()}`,
        update: { clientRef: attempt.message, status: 'delivered' },
      },
      compose.status,
    );
    expect(recorded.state).toBe('pending');
  },
};

/** Until the first step has been handed over, as its workflow sees it. */
export async function untilWaiting(world: World, dispatchId: string): Promise<void> {
  await until(async () => (await stateOf(world, dispatchId)).steps[0]?.phase === 'waiting', {
    timeoutMs: 20_000,
    everyMs: 50,
    what: `the first hand-over of ${dispatchId}`,
  });
}

/** Until the provider has the first message, whether or not it has answered. */
export async function untilHandedOver({ product }: World, dispatchId: string): Promise<void> {
  const [message] = await product.sql<{ id: string }>(
    'select id from messages where dispatch_id = ? and position = 0',
    [dispatchId],
  );
  await until(() => product.sent(message?.id ?? ''), {
    timeoutMs: 20_000,
    what: 'the hand-over at the provider',
  });
}
