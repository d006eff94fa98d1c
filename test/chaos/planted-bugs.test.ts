/** The tests of this folder can fail: bugs planted into the running processes, each of which the verifier must find. */
import type { MessageEntry } from '../../dev/simulator/message-log';
import { setPolicies, startCrashStack, untilApiUp, type CrashStack } from '../support/crash-stack';
import { createDispatchCaller, type DispatchCaller } from '../support/dispatch-caller';
import { until } from '../support/until';
import { untilSettled, verify } from '../support/verify';
import { readFacts, type Facts, type Finding } from '../support/verify-facts';

const SMS = { channel: 'sms' };

describe('the verifier', () => {
  let crash: CrashStack;
  let caller: DispatchCaller;
  beforeAll(async () => {
    crash = await startCrashStack();
    await setPolicies(crash);
    caller = createDispatchCaller(crash.stack);
  }, 90_000);

  async function untilFacts(what: string, hold: (facts: Facts) => boolean): Promise<void> {
    await until(async () => hold(await readFacts(crash.stack)), {
      timeoutMs: 60_000,
      everyMs: 100,
      what,
    });
  }

  /** The breaches of this kind; each planted bug shows itself in words of its own. */
  async function found(invariant: string, seen: RegExp): Promise<Finding[]> {
    const all = await verify(crash.stack, caller.wanted);
    return all.filter((one) => one.invariant === invariant && seen.test(one.seen));
  }

  it('finds nothing while there is no bug', async () => {
    await caller.send(SMS);
    await untilSettled(crash.stack);

    expect(await verify(crash.stack, caller.wanted)).toEqual([]);
  }, 60_000);

  it('202 before the start (found below, once it is taken back)', async () => {
    await crash.plant('no-start');

    const id = await caller.send(SMS);

    expect(id).not.toBe('');
    await crash.uproot('no-start');
  });

  it('finds receipts that are not deduplicated', async () => {
    await crash.plant('no-dedupe');
    await crash.setDials({
      toSuffix: '700020',
      statuses: [{ status: 'delivered', duplicates: 2 }],
    });

    await caller.send({ ...SMS, to: '447700700020' });

    await untilFacts('three receipts', ({ receipts }) => {
      return receipts.filter(({ dedupeKey }) => dedupeKey.startsWith('hash:')).length === 3;
    });
    await crash.uproot('no-dedupe');
    expect(await found('I7', /^3 rows for 1 receipts$/)).toHaveLength(1);
  }, 90_000);

  it('finds callbacks posted under other ids', async () => {
    await crash.plant('new-webhook-id');

    const id = await caller.send(SMS);

    await untilFacts('its report', ({ callbacks }) =>
      callbacks.some((row) => row.dispatchId === id && row.event === 'dispatch.final'),
    );
    await crash.uproot('new-webhook-id');
    await until(async () => (await found('I9', /not stored under this id/)).length > 0, {
      timeoutMs: 30_000,
      what: 'the finding',
    });
  }, 90_000);

  it('finds a receipt that was answered before it was committed, and lost', async () => {
    await crash.plant('early-answer');

    const id = await caller.send(SMS);

    const entryOf = ({ messages, sent }: Facts): MessageEntry | undefined =>
      sent.find(({ ref }) => ref === messages.find((row) => row.dispatchId === id)?.id);
    await untilFacts('an answer to its delivery', (facts) =>
      (entryOf(facts)?.receipts ?? []).some(
        ({ status, posts }) => status === 'delivered' && posts.some(({ answer }) => answer === 200),
      ),
    );
    await crash.uproot('early-answer');
    await crash.kill('api');
    const ref = entryOf(await readFacts(crash.stack))?.ref;
    const lost = await found('I7', /^2xx for delivered, and it is not kept$/);
    expect(lost.filter(({ subject }) => subject === ref)).toHaveLength(1);
    await untilApiUp(crash);
  }, 90_000);

  it('finds a second send where nothing fences the first', async () => {
    await crash.plant('no-fence');
    await crash.setDials({ toSuffix: '700021', statuses: [] });
    const armed = await crash.arm('send.answered');

    await caller.send({ ...SMS, to: '447700700021', expirySeconds: 30 }, SMS);
    await armed.fired();

    await untilFacts('a second send', ({ sent }) => sent.some(({ deliveries }) => deliveries > 1));
    await crash.uproot('no-fence');
    expect(await found('I3', /^reached the recipient 2 times$/)).toHaveLength(1);
  }, 90_000);

  it('finds a 202 that was taken back', async () => {
    await until(async () => (await found('I1', /which was taken back$/)).length === 1, {
      timeoutMs: 75_000,
      everyMs: 250,
      what: 'the finding',
    });
  }, 90_000);
});
