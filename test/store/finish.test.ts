import { compose } from '../../callbacks/compose';
import { recordReceipt } from '../../store/record-receipt';
import { aGround, type Ground, type StoredDispatch } from '../support/dispatches';

describe('the end of a dispatch', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await aGround();
  });

  const reportsOf = ({ dispatchId }: StoredDispatch): ReturnType<Ground['sql']> =>
    ground.sql(
      `select id, status, revision, body from callbacks where dispatch_id = ? and event = 'dispatch.final'`,
      [dispatchId],
    );

  it('contract 9.20 the final report is written once, however often and whatever is asked', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);

    const ends = await Promise.all([
      ground.finish(dispatch, { status: 'error', cause: 'last_step_limit' }),
      ground.finish(dispatch, { status: 'canceled', cause: 'canceled' }),
      ground.finish(dispatch, { status: 'completed', cause: 'late_success' }),
    ]);
    const later = await ground.finish(dispatch, { status: 'completed', cause: 'condition_met' });

    expect(await reportsOf(dispatch)).toHaveLength(1);
    expect(new Set(ends.map(({ end }) => end.status)).size).toBe(1);
    expect(ends.filter(({ posts }) => posts.length > 0)).toHaveLength(1);
    expect(later).toEqual({ end: ends[0]?.end, posts: [] });
  });

  it('a success that was recorded but not heard of turns an error into what it was', async () => {
    const dispatch = await ground.dispatch({ steps: 1 });
    await ground.sent(dispatch);
    await recordReceipt(ground.db, ground.receipt(dispatch), compose.status);

    const { end } = await ground.finish(dispatch, {
      status: 'error',
      cause: 'last_step_limit',
      position: 0,
    });

    expect(end).toEqual({ status: 'completed', cause: 'condition_met' });
    expect((await reportsOf(dispatch))[0]).toMatchObject({ status: 'completed', revision: 1 });
  });

  it('of the end and a receipt at once, the report tells what is stored', async () => {
    for (let round = 0; round < 15; round += 1) {
      const dispatch = await ground.dispatch({ steps: 1 });
      await ground.sent(dispatch);

      const [{ end }, receipt] = await Promise.all([
        ground.finish(dispatch, { position: 0 }),
        recordReceipt(ground.db, ground.receipt(dispatch), compose.status),
      ]);

      const [report] = await reportsOf(dispatch);
      const expected = receipt.state === 'late' ? 'error' : 'completed';
      expect([end.status, report?.status]).toEqual([expected, expected]);
    }
  });

  it('contract 9.21 lists what was begun, and tells what nobody took as rejected', async () => {
    const dispatch = await ground.dispatch({ steps: 3 });
    await ground.sent(dispatch);
    await ground.claim(dispatch, { position: 1 });
    await ground.sql(`update attempts set state = 'refused' where message_id = ?`, [
      dispatch.messageIds[1],
    ]);

    const { posts } = await ground.finish(dispatch, { position: 1 });

    const [report] = await reportsOf(dispatch);
    const listed = JSON.parse(report?.body as string)._links.messages as {
      message_uuid: string;
      status: string;
    }[];
    expect(listed.map(({ message_uuid, status }) => [message_uuid, status])).toEqual([
      [dispatch.messageIds[0], 'submitted'],
      [dispatch.messageIds[1], 'rejected'],
    ]);
    expect(posts.map(({ body }) => JSON.parse(body).status)).toEqual(['rejected', 'error']);
  });

  it('I10: the report adds the fee and the prices in the own currency', async () => {
    const applicationId = await ground.application({ fee: '0.0020' });
    const dispatch = await ground.dispatch({ applicationId });
    await ground.sent(dispatch);
    const usages = [
      { price: '0.1', currency: 'EUR' },
      { price: '0.2', currency: 'EUR' },
    ];
    for (const [position, usage] of usages.entries()) {
      if (position > 0) {
        await ground.sql(`update messages set condition = 'read' where id = ?`, [
          dispatch.messageIds[0],
        ]);
        await ground.sent(dispatch, position);
      }
      const update = {
        clientRef: dispatch.messageIds[position] ?? '',
        status: 'delivered',
        usage,
      } as const;
      await recordReceipt(ground.db, ground.receipt(dispatch, { update }), compose.status);
    }

    await ground.finish(dispatch, { status: 'completed', cause: 'condition_met' });

    const [report] = await reportsOf(dispatch);
    expect(JSON.parse(report?.body as string).usage).toEqual({ price: '0.302', currency: 'EUR' });
  });

  it('a dispatch that is not stored is an error, and so is a stranger’s', async () => {
    const dispatch = await ground.dispatch();

    await expect(
      ground.finish(dispatch, { tenantId: '018f0000-0000-7000-8000-00000000dead' }),
    ).rejects.toThrow('is not stored');
    expect(await reportsOf(dispatch)).toEqual([]);
  });
});
