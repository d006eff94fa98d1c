import { compose } from '../../callbacks/compose';
import type { CallbackDeps } from '../../callbacks/deps';
import { createDrain } from '../../callbacks/drain';
import { createPoster } from '../../callbacks/poster';
import { wakeForgottenEndpoints } from '../../callbacks/sweeper';
import { HttpFailure, type HttpAnswer, type HttpRequest } from '../../runtime/http';
import type { PendingCallback } from '../../store/callbacks';
import { recordReceipt } from '../../store/record-receipt';
import { aGround, type Ground } from '../support/dispatches';
import type { Json } from '../support/product';
import { until } from '../support/until';

type Respond = (request: HttpRequest) => Promise<Pick<HttpAnswer, 'status'> & Partial<HttpAnswer>>;

const OK: Respond = async () => ({ status: 200 });
const LIMITS = { inFlight: 64, perHost: 10 };

describe('posting callbacks', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await aGround();
  });
  beforeEach(async () => {
    await ground.sql('truncate dispatches cascade');
    await ground.sql(
      `update endpoints set wakes_at = null, down = false, failures = 0, state = 'active'`,
    );
  });

  /** A receiver that answers as told, and a Temporal that only counts who was woken. */
  const aWorld = (respond: Respond = OK, giveUpAfterMs = 86_400_000) => {
    const requests: HttpRequest[] = [];
    const woken: string[] = [];
    const deps: CallbackDeps = {
      db: ground.db,
      http: {
        request: async (request) => {
          requests.push(request);
          return { headers: {}, body: Buffer.alloc(0), ...(await respond(request)) };
        },
        checkUrl: () => undefined,
        close: async () => undefined,
      },
      signingFor: async () => ({ applicationId: 'app', secrets: [] }),
      schedule: { firstGapMs: 1_000, longestGapMs: 8_000, giveUpAfterMs },
      wake: async ({ endpointId }) => void woken.push(endpointId),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    };
    return { deps, requests, woken };
  };
  /** A dispatch's `delivered`, committed and not yet posted. */
  const aCallback = async (applicationId = ground.applicationId): Promise<PendingCallback> => {
    const dispatch = await ground.dispatch({ applicationId });
    await ground.sent(dispatch);
    const { posts } = await recordReceipt(ground.db, ground.receipt(dispatch), compose.status);
    const [callback] = posts;
    if (callback === undefined) {
      throw new Error('no callback');
    }
    return callback;
  };
  const callbacks = async (count: number): Promise<PendingCallback[]> => {
    const list: PendingCallback[] = [];
    while (list.length < count) {
      list.push(await aCallback());
    }
    return list;
  };
  const rowOf = async ({ id }: PendingCallback): Promise<Json> =>
    (
      await ground.sql(
        `select state, attempts, failures, last_error, last_status, lease_until is not null as leased,
           extract(epoch from next_try_at - clock_timestamp())::float8 as due from callbacks where id = ?`,
        [id],
      )
    )[0];
  const endpoint = async (): Promise<Json> =>
    (
      await ground.sql(
        `select id, down, failures, state, wakes_at from endpoints where application_id = ?`,
        [ground.applicationId],
      )
    )[0];
  const leaseIsOver = (): Promise<unknown> =>
    ground.sql(`update callbacks set lease_until = now() - interval '1 second'`);
  const offer = async (
    world: ReturnType<typeof aWorld>,
    list: readonly PendingCallback[],
    limits = LIMITS,
  ) => {
    const poster = createPoster(world.deps, limits);
    poster.offer(list);
    await poster.close();
  };

  it('posts the stored bytes once and notes that they were taken', async () => {
    const world = aWorld();
    const callback = await aCallback();

    await offer(world, [callback]);

    expect(world.requests.map(({ url, body }) => [url, String(body)])).toEqual([
      ['http://127.0.0.1:9/callbacks', callback.body],
    ]);
    expect(world.requests[0]?.headers).toMatchObject({ 'webhook-id': callback.id });
    expect(await rowOf(callback)).toMatchObject({
      state: 'taken',
      attempts: 1,
      leased: false,
      due: null,
    });
    expect(world.woken).toEqual([]);
  });

  it.each([
    ['HTTP 500', { status: 500 }, true],
    ['HTTP 422', { status: 422 }, false],
    ['HTTP 301', { status: 301 }, false],
  ])('puts %s on its schedule and wakes the endpoint', async (error, answer, isFault) => {
    const world = aWorld(async () => answer);
    const callback = await aCallback();

    await offer(world, [callback]);

    const row = await rowOf(callback);
    expect(row).toMatchObject({
      state: 'pending',
      attempts: 1,
      failures: 1,
      last_error: error,
      last_status: answer.status,
      leased: false,
    });
    expect(row.due).toBeGreaterThan(0);
    expect(row.due).toBeLessThanOrEqual(1.1);
    expect(await endpoint()).toMatchObject({ down: false, failures: isFault ? 1 : 0 });
    expect(world.woken).toHaveLength(1);
  });

  it.each(['timeout', 'connect', 'reset'])('a %s is the endpoint’s own fault', async (code) => {
    const world = aWorld(() => Promise.reject(new HttpFailure('no_answer', code, code)));
    const callback = await aCallback();

    await offer(world, [callback]);

    expect(await rowOf(callback)).toMatchObject({ last_error: code, last_status: null });
    expect(await endpoint()).toMatchObject({ failures: 1 });
  });

  it('an answer that is too long is an answer: its status counts', async () => {
    const world = aWorld(() =>
      Promise.reject(new HttpFailure('too_large', 'too_large', 'long', { status: 200 })),
    );
    const callback = await aCallback();

    await offer(world, [callback]);

    expect(await rowOf(callback)).toMatchObject({ state: 'taken' });
  });

  it('signals are few: of many failures only those that come sooner wake the endpoint', async () => {
    const world = aWorld(async () => ({ status: 422 }));

    await offer(world, await callbacks(12), { inFlight: 64, perHost: 64 });

    expect(world.requests).toHaveLength(12);
    // Gaps are jittered, so an earlier one may come up a few times.
    expect(world.woken.length).toBeLessThan(12);
    expect(world.woken.length).toBeGreaterThan(0);
  });

  it('beyond its limits, per host and in all, callbacks are left to the workflow', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = aWorld(async () => (await held, { status: 200 }));
    const list = await callbacks(5);
    const poster = createPoster(world.deps, { inFlight: 64, perHost: 2 });

    poster.offer(list);
    await until(async () => {
      const rows = await Promise.all(list.map(rowOf));
      return rows.filter(({ leased }) => !leased).length === 3;
    });

    expect(world.requests).toHaveLength(2);
    expect(world.woken).toHaveLength(1);
    release();
    await poster.close();
    const states = (await Promise.all(list.map(rowOf))).map(({ state }) => state as string);
    expect(states.filter((state) => state === 'taken')).toHaveLength(2);
  });

  it('takes nothing more once it is closed: the rest is handed over', async () => {
    const world = aWorld();
    const poster = createPoster(world.deps, LIMITS);
    const callback = await aCallback();
    await poster.close();

    poster.offer([callback]);

    await until(async () => !(await rowOf(callback)).leased);
    expect(world.requests).toEqual([]);
    expect(world.woken).toHaveLength(1);
  });

  it('a down or disabled endpoint is not posted to directly', async () => {
    for (const change of ['down = true', `state = 'disabled'`]) {
      await ground.sql(`update endpoints set ${change}`);
      const world = aWorld();
      const callback = await aCallback();

      await offer(world, [callback]);

      expect(world.requests).toEqual([]);
      expect(await rowOf(callback)).toMatchObject({ state: 'pending', leased: true });
    }
  });

  it('three faults in a row of the endpoint itself set it down; one taken callback lifts that', async () => {
    const failing = aWorld(async () => ({ status: 503 }));
    await offer(failing, await callbacks(2));
    expect(await endpoint()).toMatchObject({ down: false, failures: 2 });
    await offer(failing, [await aCallback()]);
    expect(await endpoint()).toMatchObject({ down: true, failures: 3 });

    await leaseIsOver();
    const { id } = await endpoint();
    await createDrain(aWorld().deps)(ground.tenantId, id as string);

    expect(await endpoint()).toMatchObject({ down: false, failures: 0 });
  });

  describe('draining a backlog', () => {
    const drain = async (world: ReturnType<typeof aWorld>) =>
      createDrain(world.deps)(ground.tenantId, (await endpoint()).id as string);

    it('posts in the order of commits, and rests when nothing is left', async () => {
      const world = aWorld();
      const list = await callbacks(6);
      await leaseIsOver();

      const left = await until(async () => {
        const answer = await drain(world);
        return answer.nextInMs === undefined ? answer : undefined;
      });

      expect(left).toEqual({});
      expect(world.requests.map(({ body }) => String(body))).toEqual(list.map(({ body }) => body));
      expect(await endpoint()).toMatchObject({ wakes_at: null });
    });

    it('leaves alone what another process is just posting', async () => {
      const world = aWorld();
      await callbacks(2);

      expect(await drain(world)).toEqual({});
      expect(world.requests).toEqual([]);
    });

    it('stops at the endpoint’s own fault, and comes again by its gap', async () => {
      const world = aWorld(async () => ({ status: 500 }));
      await callbacks(3);
      await leaseIsOver();

      const { nextInMs } = await drain(world);

      expect(world.requests).toHaveLength(1);
      expect(nextInMs).toBe(1_000);
      expect((await endpoint()).wakes_at).not.toBeNull();
    });

    it('goes on past a callback that is refused for itself alone', async () => {
      const [bad, good] = await callbacks(2);
      const world = aWorld(async ({ body }) => ({
        status: String(body) === bad?.body ? 400 : 200,
      }));
      await leaseIsOver();

      await drain(world);

      expect(world.requests).toHaveLength(2);
      expect(good && (await rowOf(good)).state).toBe('taken');
      expect(await endpoint()).toMatchObject({ down: false, failures: 0 });
    });

    it('probes a down endpoint with its oldest callback alone, whatever that one’s own time', async () => {
      await ground.sql('update endpoints set down = true, failures = 5');
      const world = aWorld(async () => ({ status: 500 }));
      const [oldest] = await callbacks(3);
      await leaseIsOver();
      await ground.sql(`update callbacks set next_try_at = now() + interval '1 hour'`);

      const first = await drain(world);
      const second = await drain(world);

      expect(world.requests.map(({ body }) => String(body))).toEqual([oldest?.body, oldest?.body]);
      expect([first.nextInMs, second.nextInMs]).toEqual([8_000, 8_000]);
    });

    it('I16: gives a callback up when its time is over, and not before', async () => {
      const world = aWorld(async () => ({ status: 422 }), 60_000);
      const [old, young] = await callbacks(2);
      await leaseIsOver();
      await ground.sql(
        `update callbacks set created_at = now() - interval '61 seconds' where id = ?`,
        [old?.id],
      );

      await drain(world);

      expect(old && (await rowOf(old))).toMatchObject({ state: 'exhausted', due: null });
      expect(young && (await rowOf(young))).toMatchObject({ state: 'pending' });
    });

    it('a disabled endpoint’s backlog is given up', async () => {
      const world = aWorld();
      const [callback] = await callbacks(1);
      await leaseIsOver();
      await ground.sql(`update endpoints set state = 'disabled'`);

      expect(await drain(world)).toEqual({});

      expect(world.requests).toEqual([]);
      expect(callback && (await rowOf(callback))).toMatchObject({ state: 'exhausted' });
    });

    it('knows no endpoint of a stranger', async () => {
      const world = aWorld();
      await callbacks(1);
      await leaseIsOver();
      const { id } = await endpoint();

      const answer = await createDrain(world.deps)(
        '018f0000-0000-7000-8000-00000000dead',
        id as string,
      );

      expect([answer, world.requests]).toEqual([{}, []]);
    });
  });

  describe('the sweeper', () => {
    it('wakes an endpoint whose rows’ process died, once', async () => {
      const world = aWorld();
      await callbacks(2);
      await wakeForgottenEndpoints(world.deps);
      expect(world.woken).toEqual([]);
      await leaseIsOver();

      await wakeForgottenEndpoints(world.deps);
      await wakeForgottenEndpoints(world.deps);

      expect(world.woken).toEqual([(await endpoint()).id]);
    });

    it('wakes again an endpoint whose wake-up is long past', async () => {
      const world = aWorld();
      await callbacks(1);
      await leaseIsOver();
      await ground.sql(`update endpoints set wakes_at = now() - interval '2 minutes'`);

      await wakeForgottenEndpoints(world.deps);

      expect(world.woken).toEqual([(await endpoint()).id]);
    });

    it('leaves an endpoint without a backlog alone', async () => {
      const world = aWorld();
      await ground.sql(`update endpoints set wakes_at = now() - interval '2 minutes'`);

      await wakeForgottenEndpoints(world.deps);

      expect(world.woken).toEqual([]);
    });
  });
});
