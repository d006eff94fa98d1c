import { eventsOfType, summaryOf } from '../replay/history-json';
import { until } from '../support/until';
import { untilWaiting } from './tell';
import { describeWorkflow, historyOf, resultOf, startWorld, stateOf, type World } from './world';

describe('what an operator sees of a dispatch', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  }, 60_000);

  /** The text that the Web UI shows as current details. */
  const currentDetails = async (dispatchId: string): Promise<string> => {
    const handle = world.client.workflow.getHandle(dispatchId);
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails;
  };

  const searchAttributes = async (dispatchId: string): Promise<Record<string, unknown>> => {
    const { typedSearchAttributes } = await describeWorkflow(world, dispatchId);
    return Object.fromEntries(
      typedSearchAttributes
        .getAll()
        .filter(({ key }) => key.name.startsWith('Dispatch'))
        .map(({ key, value }) => [key.name, value]),
    );
  };

  describe('while it waits', () => {
    let dispatchId: string;
    beforeAll(async () => {
      dispatchId = await world.product.dispatch([
        { channel: 'viber_service_msg', to: '447700990200', expiry: 600, condition: 'read' },
        { channel: 'sms', to: '447700900001' },
      ]);
      await untilWaiting(world, dispatchId);
    }, 30_000);
    afterAll(() => world.client.workflow.getHandle(dispatchId).cancel());

    it('answers the query getDispatch with the state of the decision', async () => {
      const state = await stateOf(world, dispatchId);

      expect(state).toMatchObject({
        position: 0,
        steps: [
          { phase: 'waiting', status: 'submitted', acceptedAt: expect.any(Number) },
          { phase: 'planned', status: 'planned' },
        ],
      });
      expect(state.outcome).toBeUndefined();
    });

    it('has a summary and a table of its steps from the start', async () => {
      const description = await describeWorkflow(world, dispatchId);

      expect(await description.staticSummary()).toBe('viber_service_msg → sms, 2 steps');
      expect(await description.staticDetails()).toContain(
        '1. viber_service_msg to …00 (read within 10 min)',
      );
    });

    it('shows where it stands, with masked recipients', async () => {
      const details = await currentDetails(dispatchId);

      expect(details).toContain('**Waiting for read: step 1 of 2, viber_service_msg**');
      expect(details).toContain(
        '1. viber_service_msg to …00 (read within 10 min): submitted, waiting',
      );
      expect(details).toContain('2. sms to …01 (last step): not started');
    });

    it('can be found by tenant, status, step and channels', async () => {
      expect(await searchAttributes(dispatchId)).toEqual({
        DispatchTenant: world.product.stack.seeded.tenantId,
        DispatchStatus: 'running',
        DispatchStep: 0,
        DispatchChannel: 'viber_service_msg',
        DispatchChannels: ['viber_service_msg', 'sms'],
      });
    });

    it('says of its activity and its timer what they are for', async () => {
      const history = await historyOf(world, dispatchId);

      expect(eventsOfType(history, 'ACTIVITY_TASK_SCHEDULED').map(summaryOf)).toEqual([
        'step 1: viber_service_msg to …00',
      ]);
      expect(eventsOfType(history, 'TIMER_STARTED').map(summaryOf)).toEqual([
        'step 1: viber_service_msg until read',
      ]);
    });
  });

  describe('after its end', () => {
    let dispatchId: string;
    beforeAll(async () => {
      dispatchId = await world.product.dispatch([
        { channel: 'viber_service_msg', to: '447700990202', expiry: 600 },
        { channel: 'whatsapp', to: '447700900001', expiry: 600 },
        { channel: 'sms', to: '447700900001' },
      ]);
      await resultOf(world, dispatchId);
    }, 30_000);

    it('shows how each step ended', async () => {
      const details = await currentDetails(dispatchId);

      expect(details).toContain('**completed: condition met**');
      expect(details).toMatch(/^1\. viber_service_msg .*: rejected, failed over \(rejected\)$/m);
      expect(details).toMatch(/^2\. whatsapp .*: (delivered|read), condition met$/m);
      expect(details).toMatch(/^3\. sms .*: not started$/m);
    });

    it('can be found by its end and by the step that decided it', async () => {
      expect(await searchAttributes(dispatchId)).toMatchObject({
        DispatchStatus: 'completed',
        DispatchStep: 1,
        DispatchChannel: 'whatsapp',
      });
    });

    it('is a workflow of the type dispatch, under its own id, on the queue of dispatches', async () => {
      const { type, workflowId, taskQueue, status } = await describeWorkflow(world, dispatchId);

      expect({ type, workflowId, taskQueue, status: status.name }).toEqual({
        type: 'dispatch',
        workflowId: dispatchId,
        taskQueue: 'dispatch',
        status: 'COMPLETED',
      });
    });
  });

  it('is found by a search over its attributes', async () => {
    const dispatchId = await world.product.dispatch([{ channel: 'sms', to: '447700900001' }]);
    await resultOf(world, dispatchId);

    await until(
      async () => {
        const query = `DispatchStatus = 'completed' AND DispatchChannels = 'sms' AND WorkflowId = '${dispatchId}'`;
        for await (const { workflowId } of world.client.workflow.list({ query })) {
          return workflowId === dispatchId;
        }
        return false;
      },
      { timeoutMs: 15_000, everyMs: 100, what: 'the dispatch in the list' },
    );
  });
});
