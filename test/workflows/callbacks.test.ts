import { WorkflowNotFoundError } from '@temporalio/client';
import { eventsOfType } from '../replay/history-json';
import { until } from '../support/until';
import { callbacksWorkflowId } from '../../workflows/ids';
import { describeWorkflow, historyOf, keep, resultOf, startWorld, type World } from './world';

describe('the callback workflow of an endpoint', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: { CALLBACK_FIRST_GAP_MS: '500' } });
  }, 60_000);

  it('lives while its endpoint is down, posts what waits once it is up, and ends', async () => {
    const { product, client } = world;
    const path = '/callbacks/down';
    const caller = await product.application({ statusUrl: `${product.stack.simulatorUrl}${path}` });
    await product.receiver({ path, status: 503 });
    const dispatchId = await product.dispatch([{ channel: 'sms', to: '447700900001' }], caller);
    await resultOf(world, dispatchId);
    const [endpoint] = await product.sql<{ id: string }>(
      'select id from endpoints where application_id = ?',
      [caller.applicationId],
    );
    const workflowId = callbacksWorkflowId(endpoint?.id ?? '');
    await until(() => isProbing(workflowId), {
      timeoutMs: 20_000,
      everyMs: 50,
      what: 'a second look at the endpoint',
    });

    await product.receiverBack();
    await client.workflow.getHandle(workflowId).result();

    const states = await product.sql('select distinct state from callbacks');
    expect(states).toEqual([{ state: 'taken' }]);
    expect((await describeWorkflow(world, workflowId)).status.name).toBe('COMPLETED');
    await keep('callbacks-down-then-up', await historyOf(world, workflowId));
  }, 60_000);

  /** It is there, has looked, waited and looked again. */
  async function isProbing(workflowId: string): Promise<boolean> {
    try {
      const history = await historyOf(world, workflowId);
      return eventsOfType(history, 'TIMER_FIRED').length > 0;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) {
        return false;
      }
      throw error;
    }
  }
});
