import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { compose } from '../../callbacks/compose';
import { forwardDueSignals, rematchUnmatched } from '../../receipts/forwarder';
import { createSignalSender, type SignalSender } from '../../receipts/signal-sender';
import { acceptAttempt } from '../../store/attempts';
import type { PendingCallback } from '../../store/callbacks';
import type { SignalDue } from '../../store/receipts';
import { recordReceipt } from '../../store/record-receipt';
import { aGround, type Ground } from '../support/dispatches';

type Mood = 'hears' | 'is away' | 'knows nothing';

describe('telling workflows', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await aGround();
  });
  beforeEach(() => ground.sql('truncate dispatches cascade'));

  /** A Temporal that hears, is away, or has never heard of the workflow. */
  const aWorld = (mood: Mood) => {
    const heard: unknown[] = [];
    const warnings: string[] = [];
    const posted: PendingCallback[] = [];
    const now = { mood };
    const client = {
      withDeadline: (_: number, work: () => Promise<void>) => work(),
      workflow: {
        getHandle: (workflowId: string) => ({
          signal: async (name: string, signal: object) => {
            if (now.mood === 'is away') {
              throw new Error('14 UNAVAILABLE');
            }
            if (now.mood === 'knows nothing') {
              throw new WorkflowNotFoundError('ended', workflowId, undefined);
            }
            heard.push({ workflowId, name, ...signal });
          },
        }),
      },
    } as unknown as Client;
    const log = { warn: (_: object, message: string) => void warnings.push(message) };
    const signals: SignalSender = createSignalSender({ db: ground.db, client, log });
    const forwarding = {
      db: ground.db,
      signals,
      composeStatus: compose.status,
      poster: { offer: (list: readonly PendingCallback[]) => void posted.push(...list) },
    };
    return { heard, warnings, posted, now, signals, forwarding };
  };
  const aDueSignal = async (): Promise<SignalDue> => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    const { signal } = await recordReceipt(ground.db, ground.receipt(dispatch), compose.status);
    if (signal === undefined) {
      throw new Error('no signal is due');
    }
    return signal;
  };
  const stateOf = async ({ receiptId }: SignalDue): Promise<unknown> =>
    (await ground.sql('select state from receipts where id = ?', [receiptId]))[0]?.state;
  const fallDue = (): Promise<unknown> =>
    ground.sql(`update receipts set next_try_at = now() - interval '1 second'`);

  it('a told receipt is applied', async () => {
    const world = aWorld('hears');
    const due = await aDueSignal();

    await world.signals.send(due);
    await world.signals.close();

    expect(world.heard).toEqual([
      {
        workflowId: due.dispatchId,
        name: 'messageStatus',
        messageId: due.messageId,
        status: 'delivered',
      },
    ]);
    expect(await stateOf(due)).toBe('applied');
  });

  it('security 3.3 a workflow that has ended makes the receipt late', async () => {
    const world = aWorld('knows nothing');
    const due = await aDueSignal();

    await world.signals.send(due);
    await world.signals.close();

    expect(await stateOf(due)).toBe('late');
  });

  it('Temporal away: nothing is thrown, the receipt stays pending, and is forwarded later', async () => {
    const world = aWorld('is away');
    const due = await aDueSignal();

    await world.signals.send(due);
    await forwardDueSignals(world.forwarding);
    expect([await stateOf(due), world.warnings.length]).toEqual(['pending', 1]);

    await fallDue();
    world.now.mood = 'hears';
    await forwardDueSignals(world.forwarding);
    await world.signals.close();

    expect(world.heard).toHaveLength(1);
    expect(await stateOf(due)).toBe('applied');
  });

  it('a forwarded signal is put off, further each time, up to a minute', async () => {
    const world = aWorld('is away');
    const due = await aDueSignal();
    const gaps: number[] = [];

    for (let tries = 0; tries < 8; tries += 1) {
      await fallDue();
      await forwardDueSignals(world.forwarding);
      const [row] = await ground.sql(
        'select extract(epoch from next_try_at - clock_timestamp())::float8 as gap from receipts where id = ?',
        [due.receiptId],
      );
      gaps.push(Math.round(row?.gap as number));
    }

    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    await world.signals.close();
  });

  it('a report that came before its message is matched, told and posted', async () => {
    const world = aWorld('hears');
    const dispatch = await ground.dispatch();
    const receipt = ground.receipt(dispatch, {
      update: { messageRef: 'later', status: 'delivered' },
    });
    await recordReceipt(ground.db, receipt, compose.status);
    const { attemptId } = await ground.claim(dispatch);
    await ground.db.transaction(async (tx) =>
      acceptAttempt(tx, ground.tenantId, attemptId, { messageRef: 'later', resolution: 'found' }),
    );
    await fallDue();

    await rematchUnmatched(world.forwarding);
    await world.signals.close();

    expect(world.posted.map(({ body }) => JSON.parse(body).status)).toEqual(['delivered']);
    expect(world.heard).toMatchObject([{ messageId: dispatch.messageIds[0] }]);
  });
});
