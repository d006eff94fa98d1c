import { resultOf, describeWorkflow, startWorld, type World } from './world';

/**
 * State transitions are what Temporal's server pays for, and what a dispatch costs: about 3 ms of its CPU each. One
 * dispatch at a time, without retries, so that the count is the protocol's own.
 */
const FIRST_STEP_SUCCEEDS = 9;
const FAILS_OVER_ONCE = 15;

describe('what a dispatch costs in state transitions', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  }, 60_000);

  const transitionsOf = async (
    steps: Parameters<World['product']['dispatch']>[0],
  ): Promise<number> => {
    const dispatchId = await world.product.dispatch(steps);
    expect(await resultOf(world, dispatchId)).toMatchObject({ status: 'completed' });
    const { raw } = await describeWorkflow(world, dispatchId);
    return Number(raw.workflowExecutionInfo?.stateTransitionCount);
  };

  it(`is at most ${FIRST_STEP_SUCCEEDS} when the first step succeeds`, async () => {
    const transitions = await transitionsOf([
      { channel: 'viber_service_msg', to: '447700900001', expiry: 600 },
      { channel: 'sms', to: '447700900001' },
    ]);

    expect(transitions).toBeGreaterThan(0);
    expect(transitions).toBeLessThanOrEqual(FIRST_STEP_SUCCEEDS);
  });

  it(`is at most ${FAILS_OVER_ONCE} when it fails over once at an expiry`, async () => {
    const transitions = await transitionsOf([
      { channel: 'viber_service_msg', to: '447700990200', expiry: 2 },
      { channel: 'sms', to: '447700900001' },
    ]);

    expect(transitions).toBeGreaterThan(0);
    expect(transitions).toBeLessThanOrEqual(FAILS_OVER_ONCE);
  });

  it(`is at most ${FAILS_OVER_ONCE} when it fails over once at a rejection`, async () => {
    const transitions = await transitionsOf([
      { channel: 'viber_service_msg', to: '447700990202', expiry: 600 },
      { channel: 'sms', to: '447700900001' },
    ]);

    expect(transitions).toBeGreaterThan(0);
    expect(transitions).toBeLessThanOrEqual(FAILS_OVER_ONCE);
  });
});
