import { randomUUID } from 'node:crypto';
import { compose } from '../../callbacks/compose';
import type { StatusUpdate } from '../../domain/message';
import type { MessageStatus } from '../../domain/vocabulary';
import { lockDispatch } from '../../store/dispatches';
import { settleReceipts, takeDueSignals } from '../../store/receipts';
import {
  adoptReceipts,
  recordReceipt,
  rematchReceipts,
  type RecordedReceipt,
} from '../../store/record-receipt';
import { acceptAttempt } from '../../store/attempts';
import { aGround, type Ground, type StoredDispatch } from '../support/dispatches';

describe('the inbox', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await aGround();
  });
  beforeEach(() => ground.sql('truncate dispatches cascade'));

  const record = (dispatch: StoredDispatch, update: Partial<StatusUpdate> = {}, position = 0) =>
    recordReceipt(
      ground.db,
      ground.receipt(dispatch, {
        update: { clientRef: dispatch.messageIds[position] ?? '', status: 'delivered', ...update },
      }),
      compose.status,
    );
  const messageOf = async (dispatch: StoredDispatch, position = 0) =>
    (await ground.sql('select * from messages where id = ?', [dispatch.messageIds[position]]))[0];
  const receiptStates = async (): Promise<string[]> =>
    (await ground.sql('select state from receipts order by id')).map(
      ({ state }) => state as string,
    );

  it('I7: forty copies, eight at a time, are one row, one callback, one signal', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    const receipt = ground.receipt(dispatch);

    const recorded: RecordedReceipt[] = [];
    for (let wave = 0; wave < 5; wave += 1) {
      const copies = Array.from({ length: 8 }, () => ({ ...receipt, id: randomUUID() }));
      const wanted = copies.map((copy) => recordReceipt(ground.db, copy, compose.status));
      recorded.push(...(await Promise.all(wanted)));
    }

    expect(recorded.filter(({ signal }) => signal !== undefined)).toHaveLength(1);
    expect(recorded.filter(({ posts }) => posts.length > 0)).toHaveLength(1);
    expect(await receiptStates()).toEqual(['pending']);
    expect(await ground.sql('select 1 from callbacks')).toHaveLength(1);
  });

  it('I8: every order of the three good statuses ends alike', async () => {
    const statuses: MessageStatus[] = ['submitted', 'delivered', 'read'];
    const orders = statuses.flatMap((first) =>
      statuses
        .filter((one) => one !== first)
        .map((second) => [
          first,
          second,
          ...statuses.filter((one) => ![first, second].includes(one)),
        ]),
    );
    for (const order of orders) {
      const dispatch = await ground.dispatch();
      await ground.sent(dispatch);
      for (const status of order) {
        await record(dispatch, { status: status as MessageStatus });
      }

      expect((await messageOf(dispatch))?.status).toBe('read');
    }
  });

  it('I9: each recorded status has its callback, in the same transaction', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    await record(dispatch, { status: 'delivered' });
    await record(dispatch, { status: 'read' });

    const rows = await ground.sql(
      'select status, state from callbacks where dispatch_id = ? order by sequence',
      [dispatch.dispatchId],
    );
    const message = await messageOf(dispatch);
    expect(rows).toEqual([
      { status: 'delivered', state: 'pending' },
      { status: 'read', state: 'pending' },
    ]);
    expect(message?.statuses.map(({ status }: { status: string }) => status)).toEqual([
      'delivered',
      'read',
    ]);
  });

  it('nothing is recorded when the callback cannot be', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);

    await expect(
      recordReceipt(ground.db, ground.receipt(dispatch), () => {
        throw new Error('no words');
      }),
    ).rejects.toThrow('no words');

    expect(await receiptStates()).toEqual([]);
    expect((await messageOf(dispatch))?.status).toBe('planned');
  });

  it('signals only what may change the decision', async () => {
    const dispatch = await ground.dispatch({ condition: 'read' });
    await ground.sent(dispatch);

    const delivered = await record(dispatch, { status: 'delivered' });
    const read = await record(dispatch, { status: 'read' });

    expect([delivered.state, delivered.signal]).toEqual(['applied', undefined]);
    expect(read).toMatchObject({ state: 'pending', signal: { status: 'read' } });
  });

  it('security 3.3 after the end a status is late: recorded and told, not signalled', async () => {
    const dispatch = await ground.dispatch({ steps: 1 });
    await ground.sent(dispatch);
    await ground.finish(dispatch, { position: 0 });

    const recorded = await record(dispatch);

    expect(recorded).toMatchObject({ state: 'late', posts: [expect.anything()] });
    expect(recorded.signal).toBeUndefined();
    expect((await messageOf(dispatch))?.status).toBe('delivered');
  });

  it('a failure that an older attempt reports does not fail the message', async () => {
    const dispatch = await ground.dispatch();
    const first = await ground.sent(dispatch);
    await ground.sql(`update attempts set state = 'superseded' where id = ?`, [first.attemptId]);
    await ground.claim(dispatch, { number: 2 });

    const recorded = await record(dispatch, {
      clientRef: undefined,
      messageRef: first.messageRef,
      status: 'rejected',
    } as object);

    expect(recorded).toEqual({ state: 'applied', posts: [] });
    expect((await messageOf(dispatch))?.status).toBe('planned');
  });

  it('a status closes an attempt whose outcome nobody knew', async () => {
    const dispatch = await ground.dispatch();
    await ground.claim(dispatch);
    await ground.sql(`update attempts set state = 'unknown' where message_id = ?`, [
      dispatch.messageIds[0],
    ]);

    await record(dispatch, { status: 'submitted' });

    expect(await ground.sql('select state, resolution from attempts')).toEqual([
      { state: 'accepted', resolution: 'receipt' },
    ]);
  });

  it('a report before the provider’s own answer is adopted with its reference', async () => {
    const dispatch = await ground.dispatch();
    const { attemptId } = await ground.claim(dispatch);
    const early = await record(dispatch, { clientRef: undefined, messageRef: 'early-1' } as object);
    expect(early.state).toBe('unmatched');

    const posts = await ground.db.transaction(async (tx) => {
      const locked = await lockDispatch(tx, ground.tenantId, dispatch.dispatchId);
      if (locked === undefined) {
        throw new Error('no dispatch');
      }
      acceptAttempt(tx, ground.tenantId, attemptId, { messageRef: 'early-1', resolution: 'found' });
      const lock = { tx, dispatch: locked, compose: compose.status };
      return adoptReceipts(lock, ground.accountIds[0], 'early-1');
    });

    expect(posts.map(({ body }) => JSON.parse(body).status)).toEqual(['delivered']);
    expect((await messageOf(dispatch))?.status).toBe('delivered');
    expect(await ground.sql('select message_id from receipts')).toEqual([
      { message_id: dispatch.messageIds[0] },
    ]);
  });

  it('unmatched reports are looked at again, and matched once', async () => {
    const dispatch = await ground.dispatch();
    await record(dispatch, { clientRef: undefined, messageRef: 'later-1' } as object);
    const { attemptId } = await ground.claim(dispatch);
    await ground.db.transaction(async (tx) =>
      acceptAttempt(tx, ground.tenantId, attemptId, { messageRef: 'later-1', resolution: 'found' }),
    );
    expect(await rematchReceipts(ground.db, 10, compose.status)).toEqual([]);
    await ground.sql(`update receipts set next_try_at = now() - interval '1 second'`);

    const rounds = await Promise.all([
      rematchReceipts(ground.db, 10, compose.status),
      rematchReceipts(ground.db, 10, compose.status),
    ]);

    expect(rounds.flat()).toMatchObject([{ state: 'pending', signal: { status: 'delivered' } }]);
    expect(await ground.sql('select 1 from callbacks')).toHaveLength(1);
  });

  it('unmatched reports are given up after an hour, and kept', async () => {
    const dispatch = await ground.dispatch();
    await record(dispatch, { clientRef: undefined, messageRef: 'never-1' } as object);
    await ground.sql(
      `update receipts set next_try_at = now() - interval '1 second', received_at = now() - interval '2 hours'`,
    );

    await rematchReceipts(ground.db, 10, compose.status);

    expect(await ground.sql('select state, next_try_at from receipts')).toEqual([
      { state: 'unmatched', next_try_at: null },
    ]);
  });

  it('an account reports about its own messages alone', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    const receipt = ground.receipt(dispatch, { accountId: ground.accountIds[1] });

    expect(await recordReceipt(ground.db, receipt, compose.status)).toMatchObject({
      state: 'unmatched',
    });
    expect((await messageOf(dispatch))?.status).toBe('planned');
  });

  it('owed signals fall due after a while, to one process at a time, until they are told', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    await record(dispatch);
    expect(await takeDueSignals(ground.db, 10)).toEqual([]);
    await ground.sql(`update receipts set next_try_at = now() - interval '1 second'`);

    const rounds = await Promise.all([
      takeDueSignals(ground.db, 10),
      takeDueSignals(ground.db, 10),
    ]);
    const [due] = rounds.flat();

    expect(rounds.flat()).toHaveLength(1);
    expect(due).toMatchObject({ dispatchId: dispatch.dispatchId, status: 'delivered' });
    await settleReceipts(ground.db, [{ id: due?.receiptId ?? '', state: 'applied' }]);
    expect(await ground.sql('select state, next_try_at from receipts')).toEqual([
      { state: 'applied', next_try_at: null },
    ]);
  });

  it('a time in the future, or of long ago, is not believed', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    await record(dispatch, { status: 'delivered', occurredAt: '2100-01-01T00:00:00.000Z' });
    await record(dispatch, { status: 'read', occurredAt: '1999-01-01T00:00:00.000Z' });

    const message = await messageOf(dispatch);
    for (const { at } of message.statuses as { at: string }[]) {
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
    }
  });
});
