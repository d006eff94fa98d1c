import { randomUUID } from 'node:crypto';
import {
  answerIdempotencyKey,
  dropUnansweredKey,
  findIdempotencyKey,
  forgetIdempotencyKeys,
  releaseIdempotencyKey,
  relockIdempotencyKey,
  takeIdempotencyKey,
} from '../../store/idempotency-keys';
import { cancelUnconfirmed } from '../../store/dispatches';
import { aGround, type Ground } from '../support/dispatches';

const HASH = Buffer.alloc(32, 1);

describe('idempotency keys', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await aGround();
  });

  const aScope = (key = randomUUID()) => ({ tenantId: ground.tenantId, route: 'POST /x', key });
  const take = async (scope = aScope()) => {
    const { dispatchId } = await ground.dispatch();
    const taken = await takeIdempotencyKey(ground.db, scope, HASH, dispatchId);
    return { scope, dispatchId, taken };
  };
  const age = (key: string, interval: string): Promise<unknown> =>
    ground.sql(
      `update idempotency_keys set created_at = now() - ?::interval, locked_until = now() - interval '1 second' where key = ?`,
      [interval, key],
    );

  it('of many takers one gets it', async () => {
    const scope = aScope();

    const takers = await Promise.all(Array.from({ length: 8 }, () => take(scope)));

    const winners = takers.filter(({ taken }) => taken);
    expect(winners).toHaveLength(1);
    expect(await findIdempotencyKey(ground.db, scope)).toMatchObject({
      dispatchId: winners[0]?.dispatchId,
      answered: false,
      locked: true,
      bodyHash: HASH,
    });
  });

  it('is of its tenant and its route', async () => {
    const { scope } = await take();
    const elsewhere = { ...scope, route: 'POST /y' };
    const stranger = { ...scope, tenantId: '018f0000-0000-7000-8000-00000000dead' };

    expect(await findIdempotencyKey(ground.db, elsewhere)).toBeUndefined();
    expect(await findIdempotencyKey(ground.db, stranger)).toBeUndefined();
  });

  it('is taken over by one retry when its holder let go', async () => {
    const { scope } = await take();
    expect(await relockIdempotencyKey(ground.db, scope)).toBe(false);
    await releaseIdempotencyKey(ground.db, scope);

    const retries = await Promise.all(
      Array.from({ length: 5 }, () => relockIdempotencyKey(ground.db, scope)),
    );

    expect(retries.filter(Boolean)).toHaveLength(1);
  });

  it('is answered while its dispatch stands, and not once it was taken back', async () => {
    const stands = await take();
    const gone = await take();
    await cancelUnconfirmed(ground.db, ground.tenantId, gone.dispatchId);

    expect(await answerIdempotencyKey(ground.db, stands.scope)).toBe(true);
    expect(await answerIdempotencyKey(ground.db, gone.scope)).toBe(false);
    await releaseIdempotencyKey(ground.db, stands.scope);
    expect(await relockIdempotencyKey(ground.db, stands.scope)).toBe(false);
  });

  it('keeps its accept from being taken back while a request holds it', async () => {
    const { scope, dispatchId } = await take();

    expect(await dropUnansweredKey(ground.db, ground.tenantId, dispatchId)).toBe(false);
    await releaseIdempotencyKey(ground.db, scope);
    expect(await dropUnansweredKey(ground.db, ground.tenantId, dispatchId)).toBe(true);
    expect(await findIdempotencyKey(ground.db, scope)).toBeUndefined();
  });

  it('is kept for seven days, then free again', async () => {
    const young = await take();
    const old = await take();
    await age(young.scope.key, '6 days 23 hours');
    await age(old.scope.key, '7 days 1 hour');

    expect(await findIdempotencyKey(ground.db, young.scope)).toBeDefined();
    expect(await findIdempotencyKey(ground.db, old.scope)).toBeUndefined();
    expect((await take(young.scope)).taken).toBe(false);
    expect((await take(old.scope)).taken).toBe(true);

    await age(old.scope.key, '8 days');
    await forgetIdempotencyKeys(ground.db, 100);
    const keys = await ground.sql('select key from idempotency_keys where key in (?, ?)', [
      old.scope.key,
      young.scope.key,
    ]);
    expect(keys).toEqual([{ key: young.scope.key }]);
  });
});
