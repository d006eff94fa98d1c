import { expireLeases, findSendContext, closeAttempt } from '../../store/attempts';
import { compose } from '../../callbacks/compose';
import { recordReceipt } from '../../store/record-receipt';
import { aGround, type Ground } from '../support/dispatches';

const ERROR = { class: 'outage', code: 1030, reason: 'Gone' } as const;

describe('the send fence', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await aGround();
  });

  const attemptsOf = (messageId = ''): ReturnType<Ground['sql']> =>
    ground.sql(
      'select number, state, resolution, possible_duplicate from attempts where message_id = ? order by number',
      [messageId],
    );
  const positionOf = async (dispatchId: string): Promise<number> =>
    (await ground.sql('select position from dispatches where id = ?', [dispatchId]))[0]?.position;
  const close = (attemptId: string, state: 'unknown' | 'refused'): Promise<void> =>
    ground.db.transaction(async (tx) =>
      closeAttempt(tx, ground.tenantId, attemptId, { state, error: ERROR }),
    );

  it('of two claims at once one wins, the other is held', async () => {
    for (let round = 0; round < 10; round += 1) {
      const dispatch = await ground.dispatch();

      const claims = await Promise.all([
        ground.claim(dispatch, { number: 1 }),
        ground.claim(dispatch, { number: 2, accountId: ground.accountIds[1] }),
      ]);

      expect(claims.map(({ kind }) => kind).toSorted()).toEqual(['claimed', 'held']);
      expect(await attemptsOf(dispatch.messageIds[0])).toHaveLength(1);
    }
  });

  it('a claim whose answer got lost finds its own id and goes on', async () => {
    const dispatch = await ground.dispatch();
    const { attemptId } = await ground.claim(dispatch);

    expect((await ground.claim(dispatch, { attemptId })).kind).toBe('claimed');
    expect(await attemptsOf(dispatch.messageIds[0])).toHaveLength(1);
  });

  it('moves the position forward and never back', async () => {
    const dispatch = await ground.dispatch({ steps: 3 });
    expect(await positionOf(dispatch.dispatchId)).toBe(-1);

    await ground.claim(dispatch, { position: 1 });

    expect(await positionOf(dispatch.dispatchId)).toBe(1);
    expect((await ground.claim(dispatch, { position: 0 })).kind).toBe('ended');
    expect(await positionOf(dispatch.dispatchId)).toBe(1);
    expect(await attemptsOf(dispatch.messageIds[0])).toEqual([]);
  });

  it('I4: no step is claimed once a committed receipt met the previous one', async () => {
    const dispatch = await ground.dispatch();
    await ground.sent(dispatch);
    await recordReceipt(ground.db, ground.receipt(dispatch), compose.status);

    expect(await ground.claim(dispatch, { position: 1 })).toMatchObject({
      kind: 'previous_met',
      status: 'delivered',
    });
    expect(await attemptsOf(dispatch.messageIds[1])).toEqual([]);
  });

  it('I4: a claim and the receipt that meets the previous step never both win', async () => {
    const kinds = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      const dispatch = await ground.dispatch();
      await ground.sent(dispatch);

      const [claim, receipt] = await Promise.all([
        ground.claim(dispatch, { position: 1 }),
        recordReceipt(ground.db, ground.receipt(dispatch), compose.status),
      ]);

      kinds.add(claim.kind);
      // The receipt came second: the step had begun, so it is no news to the workflow.
      const expected = claim.kind === 'claimed' ? 'applied' : 'pending';
      expect([claim.kind, receipt.state]).toEqual([claim.kind, expected]);
      expect(await attemptsOf(dispatch.messageIds[1])).toHaveLength(
        claim.kind === 'claimed' ? 1 : 0,
      );
    }
    expect([...kinds].every((kind) => ['claimed', 'previous_met'].includes(kind))).toBe(true);
  });

  it('delivered does not hold the next step back where read was asked', async () => {
    const dispatch = await ground.dispatch({ condition: 'read' });
    await ground.sent(dispatch);
    await recordReceipt(ground.db, ground.receipt(dispatch), compose.status);

    expect((await ground.claim(dispatch, { position: 1 })).kind).toBe('claimed');
  });

  it.each(['rejected', 'delivered'] as const)(
    'a message that a receipt has settled as %s is not sent (again)',
    async (status) => {
      const dispatch = await ground.dispatch();
      const { attemptId } = await ground.claim(dispatch);
      await close(attemptId, 'unknown');
      const update = { clientRef: dispatch.messageIds[0] ?? '', status };
      await recordReceipt(ground.db, ground.receipt(dispatch, { update }), compose.status);

      const again = await ground.claim(dispatch, { number: 2, supersedes: attemptId });

      expect(again).toMatchObject({ kind: 'settled', message: { status } });
      expect(await attemptsOf(dispatch.messageIds[0])).toEqual([
        { number: 1, state: 'accepted', resolution: 'receipt', possible_duplicate: false },
      ]);
    },
  );

  it('nothing is claimed after the end', async () => {
    const dispatch = await ground.dispatch();
    await ground.finish(dispatch);

    expect((await ground.claim(dispatch)).kind).toBe('ended');
  });

  it('a stranger cannot claim', async () => {
    const dispatch = await ground.dispatch();

    const claim = await ground.claim(dispatch, {
      tenantId: '018f0000-0000-7000-8000-00000000dead',
    });

    expect(claim.kind).toBe('ended');
    expect(await attemptsOf(dispatch.messageIds[0])).toEqual([]);
  });

  it('an unknown attempt is superseded in the transaction that claims anew', async () => {
    const dispatch = await ground.dispatch();
    const { attemptId } = await ground.claim(dispatch);
    await close(attemptId, 'unknown');

    const held = await ground.claim(dispatch, { number: 2 });
    const again = await ground.claim(dispatch, {
      number: 2,
      supersedes: attemptId,
      possibleDuplicate: true,
    });

    expect([held.kind, again.kind]).toEqual(['held', 'claimed']);
    expect(await attemptsOf(dispatch.messageIds[0])).toEqual([
      { number: 1, state: 'superseded', resolution: 'resent', possible_duplicate: false },
      { number: 2, state: 'claimed', resolution: null, possible_duplicate: true },
    ]);
  });

  it('a refused attempt leaves room for the next one', async () => {
    const dispatch = await ground.dispatch();
    const { attemptId } = await ground.claim(dispatch);
    await close(attemptId, 'refused');

    const next = await ground.claim(dispatch, { number: 2, accountId: ground.accountIds[1] });

    expect(next.kind).toBe('claimed');
    const context = await findSendContext(ground.db, ground.tenantId, dispatch.messageIds[0] ?? '');
    expect(context?.attempts.map(({ state, accountId }) => [state, accountId])).toEqual([
      ['refused', ground.accountIds[0]],
      ['claimed', ground.accountIds[1]],
    ]);
  });

  it('a result counts once: what was accepted is not closed later', async () => {
    const dispatch = await ground.dispatch();
    const { attemptId } = await ground.sent(dispatch);

    await close(attemptId, 'unknown');

    expect((await attemptsOf(dispatch.messageIds[0]))[0]).toMatchObject({ state: 'accepted' });
  });

  it('claims whose lease is long over become unknown, younger ones stay', async () => {
    const old = await ground.dispatch();
    const young = await ground.dispatch();
    await ground.claim(old, { leaseMs: -120_000 });
    await ground.claim(young, { leaseMs: -1_000 });

    await expireLeases(ground.db, 60);

    expect((await attemptsOf(old.messageIds[0]))[0]).toMatchObject({ state: 'unknown' });
    expect((await attemptsOf(young.messageIds[0]))[0]).toMatchObject({ state: 'claimed' });
  });
});
