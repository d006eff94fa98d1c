import type { StatusStep } from '../../dev/simulator/dials';
import type { StepWish } from '../support/product';
import { describeWorkflow, resultOf, startWorld, type World } from './world';

/** State transitions are what Temporal's server pays for: about 3 ms of its CPU each. */
const FIRST_STEP_SUCCEEDS = 9;
const FAILS_OVER_ONCE = 15;
/** One dispatch at a time, and again where it took too many: what a busy machine adds by retries does not count. */
const TRIES = 3;
/** Receipts come when the hand-over has long been noted, as they do from real providers. */
const LATER_MS = 1_500;

describe('what a dispatch costs in state transitions', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await brings('447700900301', 'delivered');
    await brings('447700900302', 'rejected');
  }, 60_000);

  async function brings(to: string, status: StatusStep['status']): Promise<void> {
    await world.product.dial({ to, statuses: [{ status, afterMs: LATER_MS }] });
  }

  async function transitionsOf(steps: readonly StepWish[]): Promise<number> {
    const dispatchId = await world.product.dispatch(steps);
    expect(await resultOf(world, dispatchId)).toMatchObject({ status: 'completed' });
    const { raw } = await describeWorkflow(world, dispatchId);
    return Number(raw.workflowExecutionInfo?.stateTransitionCount);
  }

  const SMS: StepWish = { channel: 'sms', to: '447700900301' };

  it.each<{ readonly limit: number; readonly when: string; readonly first: StepWish }>([
    {
      limit: FIRST_STEP_SUCCEEDS,
      when: 'the first step succeeds',
      first: { channel: 'viber_service_msg', to: '447700900301', expiry: 600 },
    },
    {
      limit: FAILS_OVER_ONCE,
      when: 'it fails over once at an expiry',
      first: { channel: 'viber_service_msg', to: '447700990200', expiry: 2 },
    },
    {
      limit: FAILS_OVER_ONCE,
      when: 'it fails over once at a rejection',
      first: { channel: 'viber_service_msg', to: '447700900302', expiry: 600 },
    },
  ])(
    'is at most $limit when $when',
    async ({ limit, first }) => {
      let transitions = await transitionsOf([first, SMS]);
      for (let tries = 1; tries < TRIES && transitions > limit; tries += 1) {
        transitions = await transitionsOf([first, SMS]);
      }

      expect(transitions).toBeGreaterThan(0);
      expect(transitions).toBeLessThanOrEqual(limit);
    },
    90_000,
  );
});
