/** Processes that die while a request is accepted, a receipt is taken, a dispatch ends or a callback is posted. */
import {
  setPolicies,
  signal,
  startCrashStack,
  untilApiUp,
  type CrashStack,
} from '../support/crash-stack';
import { createDispatchCaller, type DispatchCaller } from '../support/dispatch-caller';
import { until } from '../support/until';
import { untilSettled, verify } from '../support/verify';
import { readFacts, type DispatchRow } from '../support/verify-facts';

const SMS = { channel: 'sms' };

describe('around the sends', () => {
  let crash: CrashStack;
  let caller: DispatchCaller;
  beforeAll(async () => {
    crash = await startCrashStack();
    await setPolicies(crash);
    caller = createDispatchCaller(crash.stack);
  }, 90_000);

  async function rowsOf(tag: string): Promise<DispatchRow[]> {
    const { dispatches } = await readFacts(crash.stack);
    return dispatches.filter((row) => row.tag === tag);
  }

  async function untilEnded(tag: string): Promise<DispatchRow[]> {
    return until(
      async () => {
        const rows = await rowsOf(tag);
        return rows.every(({ endedAt }) => endedAt !== null) ? rows : undefined;
      },
      { timeoutMs: 60_000, everyMs: 200, what: `the end of ${tag}` },
    );
  }

  /** What was killed and is made good only after a lease: looked at last, so that nobody waits for it. */
  let orphan: string;
  let postedAgain: string;

  it('a worker killed after a post and before its note (posted again below)', async () => {
    const armed = await crash.arm('callback.posted');
    const dispatch = caller.want([SMS]);

    expect(await dispatch.post()).toBe(202);

    await armed.fired();
    postedAgain = dispatch.wanted.tag;
  }, 60_000);

  describe('an API killed while it accepts', () => {
    it('before the commit, without a key: nothing is stored', async () => {
      const armed = await crash.arm('accept.begun');
      const dispatch = caller.want([SMS]);

      const status = await dispatch.post();

      await armed.fired();
      expect(status).toBeUndefined();
      expect(await rowsOf(dispatch.wanted.tag)).toEqual([]);
    }, 30_000);

    it('after the commit, without a key: stored, not answered (taken back below)', async () => {
      await untilApiUp(crash);
      const armed = await crash.arm('accept.committed');
      const dispatch = caller.want([SMS]);

      const status = await dispatch.post();

      await armed.fired();
      orphan = dispatch.wanted.tag;
      expect(status).toBeUndefined();
      expect(await rowsOf(orphan)).toMatchObject([{ status: 'running', position: -1 }]);
    }, 30_000);

    it.each(['accept.begun', 'accept.committed', 'accept.started'] as const)(
      'at %s, with a key: its retries get one dispatch, which is sent once',
      async (point) => {
        await untilApiUp(crash);
        const armed = await crash.arm(point);
        const dispatch = caller.want([SMS], { key: true });

        const id = await dispatch.postUntilAccepted(40_000);

        await armed.fired();
        const rows = await untilEnded(dispatch.wanted.tag);
        expect(rows).toMatchObject([{ id, status: 'completed' }]);
      },
      120_000,
    );

    it('after the start, without a key: runs to its end although nobody was told', async () => {
      await untilApiUp(crash);
      const armed = await crash.arm('accept.started');
      const dispatch = caller.want([SMS]);

      const status = await dispatch.post();

      await armed.fired();
      expect(status).toBeUndefined();
      expect(await untilEnded(dispatch.wanted.tag)).toMatchObject([{ status: 'completed' }]);
    }, 120_000);
  });
  it('an API killed between a receipt’s commit and its signal: the forwarder tells the workflow', async () => {
    await untilApiUp(crash);
    await crash.setDials({
      name: 'one receipt',
      toSuffix: '700003',
      statuses: [{ status: 'delivered', afterMs: 50 }],
    });
    const armed = await crash.arm('receipt.committed');

    const id = await caller.send({ ...SMS, to: '447700700003' });

    await armed.fired();
    const row = await until(
      async () => {
        const { dispatches } = await readFacts(crash.stack);
        return dispatches.find((one) => one.id === id && one.status !== 'running');
      },
      { timeoutMs: 60_000, what: 'its end' },
    );
    expect(row).toMatchObject({ status: 'completed', cause: 'condition_met' });
  }, 90_000);

  it('a worker killed at both points of the end: one report', async () => {
    await untilApiUp(crash);
    const begun = await crash.arm('finish.begun');
    const first = await caller.send(SMS);
    await begun.fired();
    const committed = await crash.arm('finish.committed');
    const second = await caller.send(SMS);
    await committed.fired();

    const reports = await until(
      async () => {
        const { callbacks } = await readFacts(crash.stack);
        const own = callbacks.filter(
          ({ event, dispatchId }) =>
            event === 'dispatch.final' && [first, second].includes(dispatchId),
        );
        return own.every(({ state }) => state === 'taken') && own.length >= 2 ? own : undefined;
      },
      { timeoutMs: 60_000, what: 'both reports' },
    );
    expect(reports.map(({ dispatchId }) => dispatchId).toSorted()).toEqual(
      [first, second].toSorted(),
    );
  }, 120_000);

  it('a worker stopped past its lease, then woken: its refusal changes nothing that came after', async () => {
    // Refused at first; the next worker's try is accepted, and so it stays.
    await crash.setDials({
      name: 'refused once',
      toSuffix: '700004',
      answer: { kind: 'refuse', times: 1 },
      statuses: [{ status: 'delivered', afterMs: 4_000 }],
    });
    const frozen = await crash.pidOf('worker');
    const armed = await crash.arm('send.answered', { signal: 'SIGSTOP' });
    const id = await caller.send(
      { channel: 'viber_service_msg', to: '447700700004', expirySeconds: 20 },
      SMS,
    );
    await armed.fired();
    await crash.addWorker();
    await until(async () => (await statusesOf(crash, id)).length > 0, {
      timeoutMs: 60_000,
      what: 'an acceptance by the other worker',
    });

    // It ends in order only after its runs: then it has written what it wanted to.
    signal(frozen, 'SIGTERM');
    signal(frozen, 'SIGCONT');
    await until(() => !isAlive(frozen), { timeoutMs: 60_000, everyMs: 100, what: 'its end' });

    const told = await until(
      async () => {
        const statuses = await statusesOf(crash, id);
        return statuses.length > 1 ? statuses : undefined;
      },
      { timeoutMs: 30_000, what: 'another status' },
    );
    expect(told).toEqual(['submitted', 'delivered']);
  }, 150_000);

  describe('after the leases', () => {
    it('what was stored and never started was taken back within a minute, visibly', async () => {
      const [row] = await untilEnded(orphan);

      expect(row).toMatchObject({ status: 'canceled', cause: 'accept_unconfirmed' });
      const ageMs = (row?.endedAt?.getTime() ?? 0) - (row?.createdAt.getTime() ?? 0);
      expect(ageMs).toBeLessThan(60_000);
    }, 120_000);

    it('the callback that was posted and not noted was posted again, under the same id', async () => {
      await untilSettled(crash.stack, 90_000);

      const [row] = await rowsOf(postedAgain);
      const { callbacks, taken } = await readFacts(crash.stack);
      const own = callbacks.filter(({ dispatchId }) => dispatchId === row?.id);
      const posts = own.map(({ id }) => taken.filter((post) => post.webhookId === id).length);
      expect(Math.max(...posts)).toBeGreaterThan(1);
    }, 120_000);

    it('no promise was broken', async () => {
      await untilSettled(crash.stack, 90_000);

      expect(await verify(crash.stack, caller.wanted)).toEqual([]);
    }, 120_000);
  });
});

/** What the first message of a dispatch went through. */
async function statusesOf({ stack }: CrashStack, dispatchId: string): Promise<string[]> {
  const { messages } = await readFacts(stack);
  const first = messages.find((row) => row.dispatchId === dispatchId && row.position === 0);
  return first?.statuses.map(({ status }) => status) ?? [];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
