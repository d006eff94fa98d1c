import { startProduct, type Json, type Product } from '../support/product';
import { until } from '../support/until';

const AT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const ID = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('contract 11: the links of callbacks load', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  }, 90_000);

  const withToken = (path: string, headers: Record<string, string>) =>
    product.call('GET', path, { headers });

  it('a dispatch shows where it is while it runs, and all of it afterwards', async () => {
    await product.dial({
      to: '447700900041',
      statuses: [{ status: 'submitted' }, { status: 'delivered', afterMs: 100, price: '0.0333' }],
    });
    const id = await product.dispatch([
      { channel: 'viber_service_msg', to: '447700900041', expiry: 3, condition: 'read' },
      { to: '447700900001' },
    ]);

    const running = await until(async () => {
      const body = await product.view(id);
      return body.steps[0].status === 'delivered' && body.callbacks.length === 2 ? body : undefined;
    });
    const ended = await product.ended(id);
    const settled = await until(async () => {
      const body = await product.view(id);
      return body.callbacks.every(({ state }: Json) => state === 'taken') &&
        body.callbacks.length === 5
        ? body
        : undefined;
    });

    const first = {
      position: 0,
      channel: 'viber_service_msg',
      failover: { expiry_time: 3, condition_status: 'read' },
      message_uuid: ID,
      status: 'delivered',
      started_at: AT,
      accepted_at: AT,
      expires_at: AT,
      statuses: [
        { status: 'submitted', at: AT },
        { status: 'delivered', at: AT },
      ],
      attempts: [
        {
          number: 1,
          provider: 'SIMULATOR',
          account: ID,
          state: 'accepted',
          at: AT,
          ms: expect.any(Number),
        },
      ],
      usage: { price: '0.0333', currency: 'EUR' },
    };
    expect(running).toEqual({
      dispatch_uuid: id,
      template: 'failover',
      status: 'running',
      created_at: AT,
      usage: { price: '0.0333', currency: 'EUR' },
      current_step: 0,
      steps: [
        first,
        {
          position: 1,
          channel: 'sms',
          message_uuid: ID,
          status: 'planned',
          statuses: [],
          attempts: [],
        },
      ],
      callbacks: expect.any(Array),
    });
    expect(ended).toEqual({
      dispatch_uuid: id,
      template: 'failover',
      status: 'completed',
      cause: 'condition_met',
      created_at: AT,
      ended_at: AT,
      usage: { price: '0.0666', currency: 'EUR' },
      current_step: 1,
      steps: [
        {
          ...first,
          ended_at: AT,
          outcome: 'failed_over',
          cause: { kind: 'expired', required: 'read', last_status: 'delivered', at: AT },
        },
        {
          position: 1,
          channel: 'sms',
          message_uuid: ID,
          status: 'delivered',
          started_at: AT,
          accepted_at: AT,
          ended_at: AT,
          outcome: 'met',
          cause: { kind: 'condition_met', last_status: 'delivered', at: AT },
          statuses: [
            { status: 'submitted', at: AT },
            { status: 'delivered', at: AT },
          ],
          attempts: [expect.objectContaining({ number: 1, state: 'accepted' })],
          usage: { price: '0.0333', currency: 'EUR' },
        },
      ],
      callbacks: expect.any(Array),
    });
    expect(settled.callbacks).toEqual([
      ...[0, 0, 1, 1].map((step, index) => ({
        id: ID,
        event: 'message.status',
        message_uuid: ended.steps[step].message_uuid,
        status: ['submitted', 'delivered'][index % 2],
        state: 'taken',
        attempts: 1,
        last_at: AT,
      })),
      {
        id: ID,
        event: 'dispatch.final',
        status: 'completed',
        state: 'taken',
        attempts: 1,
        last_at: AT,
      },
    ]);
  });

  it('a message answers its step, its dispatch and its parties', async () => {
    const id = await product.dispatch([{ to: '447700900001', clientRef: 'mine' }]);
    const { steps } = await product.ended(id);

    const message = await product.get(`/v0.1/messages/${steps[0].message_uuid}`);

    expect(message.status).toBe(200);
    expect(message.body).toEqual({
      dispatch_uuid: id,
      ...steps[0],
      to: { type: 'sms', number: '447700900001' },
      from: { type: 'sms', number: '447700900000' },
    });
  });

  it('every path of a dispatch answers the same, to every proof that may read', async () => {
    const id = await product.dispatch([{ to: '447700900001' }]);
    await product.ended(id);
    await product.callbacksOf(id, 3);
    await until(async () =>
      (await product.view(id)).callbacks.every(({ state }: Json) => state === 'taken'),
    );
    const { token, platformToken, tenantId } = product.stack.seeded;
    const jwt = { authorization: `Bearer ${await product.jwt()}` };

    const expected = await product.get(`/v0.1/dispatch/${id}`);
    const answers = [
      await product.get(`/workflows/${id}`),
      await product.get(`/v1/dispatches/${id}`),
      await product.get(`/v0.1/dispatch/${id.toUpperCase()}`),
      await withToken(`/v0.1/dispatch/${id}`, jwt),
      await withToken(`/v1/dispatches/${id}`, { authorization: `Bearer ${token}` }),
      await withToken(`/v1/dispatches/${id}`, { 'x-api-key': token }),
      await withToken(`/v1/dispatches/${id}`, {
        authorization: `Bearer ${platformToken}`,
        'x-tenant-id': tenantId,
      }),
    ];

    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(expected.body);
      expect(answer.headers.get('cache-control')).toContain('no-store');
    }
  });

  it('I11: what is another tenant’s is 404, equal to what nobody has', async () => {
    const stranger = await product.application({}, await product.tenant('Stranger'));
    const id = await product.dispatch([{ to: '447700900001' }]);
    const { steps } = await product.ended(id);
    const missing = '6f1c7f0e-2d2a-4a44-8f0a-0d9a6f7f1234';
    const told = (answer: { status: number; body: Json; headers: Headers }): unknown => {
      const { instance, ...problem } = answer.body;
      expect(instance).toMatch(/^[0-9a-f]{32}$/);
      return { ...problem, status: answer.status, type: answer.headers.get('content-type') };
    };

    for (const [path, own] of [
      ['/v0.1/dispatch', id],
      ['/workflows', id],
      ['/v1/dispatches', id],
      ['/v0.1/messages', steps[0].message_uuid as string],
    ]) {
      const foreign = await product.get(`${path}/${own}`, stranger);
      const nobodys = await product.get(`${path}/${missing}`, stranger);
      const noId = await product.get(`${path}/not-an-id`, stranger);

      expect(foreign.status).toBe(404);
      expect(told(foreign)).toEqual(told(nobodys));
      expect(told(noId)).toEqual(told(nobodys));
      expect(foreign.text).not.toContain(product.stack.seeded.tenantId);
    }
  });

  it('x-tenant-id only selects among the tenants of a token', async () => {
    const other = await product.tenant('Selected');
    const id = await product.dispatch([{ to: '447700900001' }]);
    const { token, platformToken } = product.stack.seeded;
    const path = `/v1/dispatches/${id}`;

    const foreign = await withToken(path, {
      authorization: `Bearer ${token}`,
      'x-tenant-id': other,
    });
    const invented = await withToken(path, {
      authorization: `Bearer ${token}`,
      'x-tenant-id': '6f1c7f0e-2d2a-7a44-8f0a-0d9a6f7f1234',
    });
    const elsewhere = await withToken(path, {
      authorization: `Bearer ${platformToken}`,
      'x-tenant-id': other,
    });

    expect([foreign.status, invented.status, elsewhere.status]).toEqual([403, 403, 404]);
  });

  it('needs a proof', async () => {
    const id = await product.dispatch([{ to: '447700900001' }]);

    for (const path of [`/v0.1/dispatch/${id}`, `/workflows/${id}`, `/v1/dispatches/${id}`]) {
      expect((await product.call('GET', path)).status).toBe(401);
    }
  });
});
