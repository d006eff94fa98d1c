/** A worker that dies at each point of a send, while messages of every policy stand there together. */
import type { Dial } from '../../dev/simulator/dials';
import {
  POLICY_CHANNELS,
  setPolicies,
  startCrashStack,
  type CrashPoint,
  type CrashStack,
  type PolicyName,
} from '../support/crash-stack';
import { createDispatchCaller, type DispatchCaller } from '../support/dispatch-caller';
import { onServer } from '../support/template-database';
import { untilSettled, verify } from '../support/verify';
import { readFacts } from '../support/verify-facts';

/** What came of a dispatch: the step that was met, how often its first message reached the recipient, and its flag. */
interface Came {
  readonly metStep: number;
  readonly deliveries: number;
  readonly flagged: boolean;
}

const POLICIES = Object.keys(POLICY_CHANNELS) as PolicyName[];
const EXPIRY_SECONDS = 9;
/** A receipt so late that the killed send's next run comes before it, and so early that it is in time. */
const LATE_DELIVERY = [{ status: 'delivered', afterMs: 6_500 }];

describe('a worker killed while it sends', () => {
  let crash: CrashStack;
  let caller: DispatchCaller;
  beforeAll(async () => {
    crash = await startCrashStack();
    await setPolicies(crash);
    caller = createDispatchCaller(crash.stack);
  }, 90_000);

  /** One dispatch per policy; the worker dies when all four have come to the point. */
  async function killAt(point: CrashPoint, to: string): Promise<Record<PolicyName, Came>> {
    const armed = await crash.arm(point, { arrivals: POLICIES.length });
    const ids = await Promise.all(
      POLICIES.map((policy) =>
        caller.send(
          { channel: POLICY_CHANNELS[policy], to, expirySeconds: EXPIRY_SECONDS },
          { channel: 'sms' },
        ),
      ),
    );
    await armed.fired();
    await untilSettled(crash.stack);
    const came = await Promise.all(ids.map((id) => whatCame(crash, id)));
    return Object.fromEntries(POLICIES.map((policy, index) => [policy, came[index]])) as Record<
      PolicyName,
      Came
    >;
  }

  const FIRST = { metStep: 0, deliveries: 1, flagged: false };

  it('before the claim: the next run claims and sends, once', async () => {
    const came = await killAt('send.prepared', '447700900001');

    expect(came).toEqual({ wait: FIRST, fail_over: FIRST, resend: FIRST, native: FIRST });
  }, 60_000);

  it('after the claim: the outcome is unknown, and only resend and native send again', async () => {
    const came = await killAt('send.claimed', '447700900001');

    expect(came).toEqual({
      wait: { metStep: 1, deliveries: 0, flagged: false },
      fail_over: { metStep: 1, deliveries: 0, flagged: false },
      resend: { metStep: 0, deliveries: 1, flagged: true },
      native: FIRST,
    });
  }, 60_000);

  it('after a write without an answer: a receipt settles wait, resend is flagged, native is one', async () => {
    await crash.setDials(
      {
        name: 'written',
        toSuffix: '700001',
        answer: { kind: 'drop', times: 1 },
        statuses: LATE_DELIVERY,
      },
      silentWhere('fail_over', '700001'),
    );

    const came = await killAt('send.written', '447700700001');

    expect(came).toEqual({
      wait: FIRST,
      fail_over: { metStep: 1, deliveries: 1, flagged: false },
      resend: { metStep: 0, deliveries: 2, flagged: true },
      native: FIRST,
    });
  }, 60_000);

  it('after an answer that was not recorded: as without an answer', async () => {
    await crash.setDials(
      { name: 'answered', toSuffix: '700002', statuses: LATE_DELIVERY },
      silentWhere('fail_over', '700002'),
    );

    const came = await killAt('send.answered', '447700700002');

    expect(came).toEqual({
      wait: FIRST,
      fail_over: { metStep: 1, deliveries: 1, flagged: false },
      resend: { metStep: 0, deliveries: 2, flagged: true },
      native: FIRST,
    });
  }, 60_000);

  it('after the record: the next run tells it and sends nothing', async () => {
    const came = await killAt('send.recorded', '447700900001');

    expect(came).toEqual({ wait: FIRST, fail_over: FIRST, resend: FIRST, native: FIRST });
  }, 60_000);

  it('breaks no promise', async () => {
    await untilSettled(crash.stack);

    expect(await verify(crash.stack, caller.wanted)).toEqual([]);
  }, 60_000);
});

/** No receipt ever: one that comes in time would end the dispatch before it fails over. */
function silentWhere(policy: PolicyName, toSuffix: string): Dial {
  const channel = POLICY_CHANNELS[policy];
  return { name: `silent ${channel} ${toSuffix}`, channel, toSuffix, statuses: [] };
}

async function whatCame({ stack }: CrashStack, dispatchId: string): Promise<Came> {
  const { sent } = await readFacts(stack);
  return onServer(stack.databaseUrl, async (client) => {
    const { rows } = await client.query<{ id: string; outcome: string | null; flagged: boolean }>(
      `select m.id, m.outcome, exists (
         select from attempts a where a.message_id = m.id and a.possible_duplicate
       ) as flagged
       from messages m where m.dispatch_id = $1 order by m.position`,
      [dispatchId],
    );
    const [first] = rows;
    return {
      metStep: rows.findIndex(({ outcome }) => outcome === 'met'),
      deliveries: sent.find(({ ref }) => ref === first?.id)?.deliveries ?? 0,
      flagged: first?.flagged ?? false,
    };
  });
}
