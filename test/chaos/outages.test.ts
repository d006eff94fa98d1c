/** Temporal and Postgres away in the middle of everything, and back again. */
import { startCrashStack, type CrashStack } from '../support/crash-stack';
import { createDispatchCaller, type DispatchCaller } from '../support/dispatch-caller';
import { startOwnServers, type OwnServers } from '../support/own-servers';
import { until } from '../support/until';
import { untilSettled, verify } from '../support/verify';
import { readFacts } from '../support/verify-facts';

/** A refusal comes in this time, in milliseconds: five seconds for Temporal, and what a busy machine adds. */
const REFUSED_WITHIN_MS = 8_000;
const NUMBER = '447700700010';
const SLOW = { channel: 'sms', to: NUMBER };

describe('an outage', () => {
  let servers: OwnServers;
  let crash: CrashStack;
  let caller: DispatchCaller;
  beforeAll(async () => {
    servers = await startOwnServers();
    crash = await startCrashStack({ servers });
    caller = createDispatchCaller(crash.stack);
  }, 120_000);

  /** Sends one whose receipt comes `afterMs` after the provider took it; resolves when it is taken. */
  async function sendAwaitingReceipt(afterMs: number): Promise<string> {
    await crash.setDials({ toSuffix: NUMBER, statuses: [{ status: 'delivered', afterMs }] });
    const id = await caller.send(SLOW);
    await until(
      async () => {
        const { messages } = await readFacts(crash.stack);
        return messages.some((row) => row.dispatchId === id && row.status === 'submitted');
      },
      { timeoutMs: 30_000, what: 'the provider’s acceptance' },
    );
    return id;
  }

  /** Posts with and without a key; what is refused is refused soon, and nothing is accepted. */
  async function expectRefusals(): Promise<void> {
    const without = caller.want([{ channel: 'sms' }]);
    const withKey = caller.want([{ channel: 'sms' }], { key: true });

    expect(await Promise.all([without.post(), withKey.post()])).toEqual([503, 503]);
    for (const { wanted } of [without, withKey]) {
      expect(wanted.answers[0]?.tookMs).toBeLessThan(REFUSED_WITHIN_MS);
    }
    refused.push(withKey);
  }
  const refused: ReturnType<DispatchCaller['want']>[] = [];

  /** What was refused with a key is accepted with it, and everything comes to its end. */
  async function expectRecovery(): Promise<void> {
    for (const dispatch of refused.splice(0)) {
      await dispatch.postUntilAccepted(45_000);
    }
    await caller.want([{ channel: 'sms' }], { key: true }).postUntilAccepted(45_000);
    await untilSettled(crash.stack, 90_000);
    expect(await verify(crash.stack, caller.wanted)).toEqual([]);
  }

  it('of Temporal: accepts are refused, receipts are kept and told later', async () => {
    const id = await sendAwaitingReceipt(2_500);
    await servers.temporal.stop();
    await expectRefusals();
    const receipt = await until(
      async () => {
        const { receipts } = await readFacts(crash.stack);
        return receipts.find(({ status }) => status === 'delivered');
      },
      { timeoutMs: 30_000, what: 'a receipt that is kept' },
    );
    expect(receipt.state).toBe('pending');

    await servers.temporal.start();

    await expectRecovery();
    const { dispatches, sent } = await readFacts(crash.stack);
    expect(dispatches.find((row) => row.id === id)).toMatchObject({ cause: 'condition_met' });
    // Taken at the first post: the provider was not told to come again.
    const posts = sent.flatMap(({ receipts }) => receipts.flatMap(({ posts: all }) => all));
    expect(posts.every(({ answer }) => answer === 200)).toBe(true);
  }, 180_000);

  it('of Temporal, killed: nothing acknowledged is lost', async () => {
    const id = await sendAwaitingReceipt(500);
    await servers.temporal.kill();
    await expectRefusals();

    await servers.temporal.start();

    await expectRecovery();
    const { dispatches } = await readFacts(crash.stack);
    expect(dispatches.find((row) => row.id === id)).toMatchObject({ cause: 'condition_met' });
  }, 180_000);

  it('of Postgres: accepts and receipts are refused, and the provider’s next try counts', async () => {
    const id = await sendAwaitingReceipt(1_000);
    await servers.postgres.stop();
    await expectRefusals();
    const isRefused = async (): Promise<boolean> => {
      const answer = await fetch(`${crash.stack.simulatorUrl}/log?to=${NUMBER}`);
      const { messages } = (await answer.json()) as {
        messages: { receipts: { posts: { answer: unknown }[] }[] }[];
      };
      return messages.some(({ receipts }) =>
        receipts.some(({ posts }) => posts.some((post) => post.answer === 503)),
      );
    };
    await until(isRefused, { timeoutMs: 30_000, what: 'a receipt that is refused' });

    await servers.postgres.start();

    await expectRecovery();
    const { dispatches } = await readFacts(crash.stack);
    expect(dispatches.find((row) => row.id === id)).toMatchObject({ cause: 'condition_met' });
  }, 180_000);

  it('of Postgres, killed while messages are sent: nothing acknowledged is lost', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => caller.send({ channel: 'sms' })),
    );
    await servers.postgres.kill();
    await expectRefusals();

    await servers.postgres.start();

    await expectRecovery();
    const { dispatches } = await readFacts(crash.stack);
    const ends = dispatches.filter(({ id }) => ids.includes(id)).map(({ status }) => status);
    expect(ends).toHaveLength(ids.length);
  }, 180_000);
});
