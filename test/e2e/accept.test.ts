import { freePort } from '../../dev/ports';
import {
  aRequest,
  basic,
  startProduct,
  type Answer,
  type Json,
  type Product,
} from '../support/product';
import { until } from '../support/until';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const BODY = aRequest([{ to: '447700900001' }]);

describe('POST /v0.1/dispatch', () => {
  let product: Product;
  let authorization: string;
  beforeAll(async () => {
    product = await startProduct();
    authorization = basic(product.stack.seeded.basic);
  }, 90_000);

  const post = (
    body: unknown = BODY,
    headers: Record<string, string> = {},
    path = '/v0.1/dispatch',
    apiUrl?: string,
  ): Promise<Answer> =>
    product.call('POST', path, {
      body,
      headers: { authorization, ...headers },
      ...(apiUrl === undefined ? {} : { apiUrl }),
    });
  const countDispatches = async (): Promise<number> =>
    (await product.sql<{ count: number }>('select count(*)::integer as count from dispatches'))[0]
      ?.count ?? -1;

  /** A refusal as every client can read it; nothing is stored for it. */
  const expectProblem = (answer: Answer, status: number): void => {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      type: expect.stringMatching(/^https:\/\//),
      title: expect.stringMatching(/./),
      detail: expect.stringMatching(/./),
      instance: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(answer.headers.get('x-nexmo-trace-id')).toBe(answer.body.instance);
  };

  describe('who may send', () => {
    it('contract 3: Basic is answered 202 with dispatch_uuid alone', async () => {
      const answer = await post();

      expect(answer.status).toBe(202);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.body).toEqual({ dispatch_uuid: expect.stringMatching(UUID) });
      expect(await product.ended(answer.body.dispatch_uuid as string)).toMatchObject({
        status: 'completed',
      });
    });

    it.each([
      ['only iat, jti and application_id', {}],
      ['exp one hour ahead', { exp: Math.floor(Date.now() / 1_000) + 3_600 }],
      ['an acl that names dispatch', { acl: { paths: { '/*/dispatch/**': {} } } }],
      ['an acl with a version', { acl: { paths: { '/v0.1/dispatch/**': {} } } }],
    ])('contract 9.28 and 6: a JWT with %s is taken', async (_, claims) => {
      const answer = await post(BODY, { authorization: `Bearer ${await product.jwt(claims)}` });

      expect(answer.status).toBe(202);
    });

    it.each([
      ['an acl for something else', { acl: { paths: { '/*/users/**': {} } } }],
      ['an exp that is over', { exp: Math.floor(Date.now() / 1_000) - 60 }],
      ['no jti', { jti: undefined }],
    ])('contract 9.28 a JWT with %s is refused in JSON', async (_, claims) => {
      const before = await countDispatches();

      const answer = await post(BODY, { authorization: `Bearer ${await product.jwt(claims)}` });

      expect([401, 403]).toContain(answer.status);
      expectProblem(answer, answer.status);
      expect(await countDispatches()).toBe(before);
    });

    it('contract 9.30 and 9.31: no proof, a wrong one and two at once are a JSON 401', async () => {
      const without = await product.call('POST', '/v0.1/dispatch', { body: BODY });
      const wrong = await post(BODY, {
        authorization: basic({ apiKey: 'abcd1234', apiSecret: 'x' }),
      });
      const token = { 'x-api-key': product.stack.seeded.token };
      const both = await post(BODY, token);

      expectProblem(without, 401);
      expectProblem(wrong, 401);
      expectProblem(both, 401);
    });

    it('an access token may read but not send here', async () => {
      const answer = await post(BODY, {
        authorization: `Bearer ${product.stack.seeded.token}`,
      });

      expectProblem(answer, answer.status);
      expect([401, 403]).toContain(answer.status);
    });
  });

  describe('what existing clients send', () => {
    it.each([
      '/v0.1/dispatch',
      '/v0.1/dispatch/',
      '/v0.1/dispatch?',
      '/v0.1/dispatch/?',
      '/v0.1/dispatch?timestamp=1&sig=abc',
    ])('contract 6 and 9.1: %s', async (path) => {
      expect((await post(BODY, { accept: 'application/json' }, path)).status).toBe(202);
    });

    it('contract 6 and 9.9: numbers as JSON numbers, expiry as text, extra keys', async () => {
      const [first, second] = aRequest([
        { to: '447700990404', expiry: 600 },
        { to: '447700900001' },
      ]).workflow as Json[];
      const answer = await post({
        template: 'failover',
        timestamp: 1_542_000_000,
        workflow: [
          {
            ...first,
            to: { type: 'sms', number: 447700990404, id: 'unused' },
            failover: { expiry_time: '600', condition_status: 'delivered', more: true },
          },
          { ...second, note: 'extra' },
        ],
      });

      const view = await product.ended(answer.body.dispatch_uuid as string);

      expect(view.steps[0].failover).toEqual({ expiry_time: 600, condition_status: 'delivered' });
      const message = await product.get(`/v0.1/messages/${view.steps[0].message_uuid}`);
      expect(message.body.to).toEqual({ type: 'sms', number: '447700990404' });
    });
  });

  describe('what is wrong is said clearly (and the process goes on)', () => {
    it.each([
      ['wrong JSON', '{"template":', {}, 400],
      ['an empty body', '', {}, 400],
      ['no object', '[]', {}, 400],
      ['deep nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, {}, 400],
      ['a wrong content type', '{}', { 'content-type': 'text/plain' }, 415],
      ['an Accept that excludes JSON', BODY, { accept: 'text/html' }, 406],
      ['2 MB of text', aTextOf(2_000_000), {}, 413],
    ])('%s', async (_, body, headers, status) => {
      const before = await countDispatches();

      const answer = await post(body, headers);

      expectProblem(answer, status);
      expect(await countDispatches()).toBe(before);
      expect((await post()).status).toBe(202);
    });

    it('a missing body', async () => {
      const answer = await product.call('POST', '/v0.1/dispatch', { headers: { authorization } });

      expectProblem(answer, answer.status);
      expect([400, 415]).toContain(answer.status);
    });

    it.each(['/v0.1/dispatches', '/nothing/here', '/v0.1/dispatch/x/y'])(
      'an unknown URL: %s',
      async (path) => {
        expectProblem(await post(BODY, {}, path), 404);
      },
    );

    it('contract 9.4 and 9.5: every fault with its full path, in an array', async () => {
      const answer = await post({
        template: 'failback',
        workflow: [{ to: { type: 'sms' }, from: { type: 'sms', number: '1' }, message: {} }],
      });

      expectProblem(answer, 400);
      expect(answer.body.type).toBe('https://www.nexmo.com/messages/Errors#InvalidParams');
      const names = answer.body.invalid_parameters.map(({ name }: Json) => name);
      expect(names).toEqual(
        expect.arrayContaining([
          'template',
          'workflow[0].to.number',
          'workflow[0].message.content',
        ]),
      );
      expect(answer.body.detail).toContain(String(names.length));
    });

    it('contract 9.10 a channel that nobody has is refused by name', async () => {
      const [step] = BODY.workflow as Json[];
      const answer = await post({
        template: 'failover',
        workflow: [{ ...step, to: { type: 'viber_sevice_msg', number: '1' } }],
      });

      expectProblem(answer, 400);
      expect(answer.text).toContain('workflow[0].to.type');
    });

    it('survives a client that hangs up halfway', async () => {
      const cut = new AbortController();
      const going = fetch(`${product.stack.apiUrl}/v0.1/dispatch`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('{"template":')),
        }),
        duplex: 'half',
        signal: cut.signal,
      } as RequestInit);
      setTimeout(() => cut.abort(), 50);

      await expect(going).rejects.toThrow();
      expect((await post()).status).toBe(202);
    });
  });

  describe('Idempotency-Key', () => {
    const withKey = (key: string, body: unknown = BODY): Promise<Answer> =>
      post(body, { 'idempotency-key': key });

    it('replays the answer to the same body', async () => {
      const first = await withKey('order-1');
      const second = await withKey('order-1');

      expect([first.status, second.status]).toEqual([202, 202]);
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(second.headers.get('idempotent-replayed')).toBe('true');
      expect(second.body).toEqual(first.body);
    });

    it('refuses another body with 422', async () => {
      await withKey('order-2');

      expectProblem(await withKey('order-2', aRequest([{ to: '447700900002' }])), 422);
    });

    it('I2: twenty posts at once make one dispatch, and what is told is true', async () => {
      const before = await countDispatches();

      const answers = await Promise.all(Array.from({ length: 20 }, () => withKey('order-3')));

      const accepted = answers.filter(({ status }) => status === 202);
      const others = answers.filter(({ status }) => status !== 202);
      expect(accepted.length).toBeGreaterThan(0);
      expect(new Set(accepted.map(({ body }) => body.dispatch_uuid)).size).toBe(1);
      for (const other of others) {
        expectProblem(other, 409);
        expect(other.headers.get('retry-after')).toBe('1');
      }
      expect(await countDispatches()).toBe(before + 1);
      const id = accepted[0]?.body.dispatch_uuid as string;
      const ended = await product.ended(id);
      expect(await product.sent(ended.steps[0].message_uuid)).toMatchObject({ times: 1 });
      expect((await withKey('order-3')).body.dispatch_uuid).toBe(id);
    });

    it('belongs to its tenant: another one may use the same key', async () => {
      const caller = await product.application({}, await product.tenant('Other'));
      const ours = await withKey('order-4');

      const theirs = await post(BODY, {
        'idempotency-key': 'order-4',
        authorization: basic(caller),
      });

      expect(theirs.status).toBe(202);
      expect(theirs.body.dispatch_uuid).not.toBe(ours.body.dispatch_uuid);
    });

    it('is not remembered for a refused request', async () => {
      expectProblem(await withKey('order-5', {}), 400);

      expect((await withKey('order-5')).status).toBe(202);
    });

    it.each([
      ['of 256 characters', 'x'.repeat(256)],
      ['beyond ASCII', 'clé'],
    ])('refuses a key %s', async (_, key) => {
      const answer = await withKey(key);

      expectProblem(answer, 400);
      expect(answer.body.invalid_parameters).toEqual([
        { name: 'Idempotency-Key', reason: expect.stringContaining('255 printable ASCII') },
      ]);
    });
  });

  describe('when Temporal is away', () => {
    let url: string;
    beforeAll(async () => {
      const api = await product.api({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
      url = api.url;
    }, 60_000);

    it('503 with Retry-After; nothing stays running and nothing is sent', async () => {
      const startedAt = performance.now();
      const answer = await post(aRequest([{ to: '447700900099' }]), {}, '/v0.1/dispatch', url);

      expectProblem(answer, 503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(performance.now() - startedAt).toBeLessThan(15_000);
      const rows = await product.sql(
        `select d.status, d.cause, (select count(*)::integer from attempts a where a.message_id = m.id) as attempts
         from dispatches d join messages m on m.dispatch_id = d.id
         where m.recipient->>'number' = '447700900099'`,
      );
      expect(rows).toEqual([{ status: 'canceled', cause: 'accept_unconfirmed', attempts: 0 }]);
    });

    it('a key makes the retry safe: the same dispatch, started once Temporal is there', async () => {
      const request = aRequest([{ to: '447700900098' }]);
      const key = { 'idempotency-key': 'away-1' };
      const refused = await post(request, key, '/v0.1/dispatch', url);

      const accepted = await post(request, key);

      expectProblem(refused, 503);
      expect(accepted.status).toBe(202);
      const rows = await product.sql(
        `select distinct m.dispatch_id from messages m where m.recipient->>'number' = '447700900098'`,
      );
      expect(rows).toEqual([{ dispatch_id: accepted.body.dispatch_uuid }]);
      expect(await product.ended(accepted.body.dispatch_uuid as string)).toMatchObject({
        status: 'completed',
      });
    });

    it('says so on /readyz, and lives', async () => {
      const ready = await product.call('GET', '/readyz', { apiUrl: url });
      const lives = await product.call('GET', '/livez', { apiUrl: url });

      expect(ready.status).toBe(503);
      expect(lives.status).toBe(200);
    });
  });

  it('429 with Retry-After beyond the rate, for that key alone', async () => {
    const { url } = await product.api({ RATE_LIMIT_PER_KEY: '1', RATE_LIMIT_BURST: '3' });
    const other = await product.application({});
    const burst: Answer[] = [];
    await until(
      async () => {
        burst.push(await post(BODY, {}, '/v0.1/dispatch', url));
        return burst.at(-1)?.status === 429;
      },
      { everyMs: 1, what: 'a 429' },
    );

    const limited = burst.at(-1);
    const theirs = await post(BODY, { authorization: basic(other) }, '/v0.1/dispatch', url);

    expect(burst.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(3);
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    if (limited !== undefined) {
      expectProblem(limited, 429);
    }
    expect(theirs.status).toBe(202);
  });

  it('429 quota_exceeded beyond the open dispatches of a tenant', async () => {
    const { url } = await product.api({ MAX_OPEN_DISPATCHES: '1' });
    const caller = await product.application({}, await product.tenant('Small'));
    const open = aRequest([{ to: '447700990201', expiry: 60 }, { to: '447700900001' }]);
    const headers = { authorization: basic(caller) };
    // Without accounts the dispatch would end at once.
    await product.account({ channel: 'sms' }, await tenantOf(product, caller.applicationId));

    const first = await post(open, headers, '/v0.1/dispatch', url);
    // The count is remembered for a moment.
    const second = await until(async () => {
      const answer = await post(open, headers, '/v0.1/dispatch', url);
      return answer.status === 202 ? undefined : answer;
    });

    expect(first.status).toBe(202);
    expectProblem(second, 429);
    expect(second.body.type).toContain('quota-exceeded');
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

function aTextOf(length: number): object {
  const [step] = BODY.workflow as Json[];
  const content = { type: 'text', text: 'x'.repeat(length) };
  return { template: 'failover', workflow: [{ ...step, message: { content } }] };
}

async function tenantOf(product: Product, applicationId: string): Promise<string> {
  const [row] = await product.sql<{ tenant_id: string }>(
    'select tenant_id from applications where id = ?',
    [applicationId],
  );
  return row?.tenant_id ?? '';
}
