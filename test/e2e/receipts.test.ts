import { createHmac } from 'node:crypto';
import { createAccounts } from '../../store/accounts';
import { startProduct, type Answer, type Json, type Product } from '../support/product';
import { until } from '../support/until';

const SECRET = 'simulator-webhook-secret';
/** Everything that a receipt may change. */
const TABLES = ['dispatches', 'messages', 'attempts', 'receipts', 'callbacks', 'endpoints'];

describe('receipts', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ env: { LAST_STEP_LIMIT_SECONDS: '30' } });
  }, 90_000);

  const rowsOf = (messageId: string): Promise<Json[]> =>
    product.sql('select status, state from receipts where message_id = ? order by received_at', [
      messageId,
    ]);
  const statesOf = async (messageId: string): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const { status, state } of await rowsOf(messageId)) {
      counts[`${status} ${state}`] = (counts[`${status} ${state}`] ?? 0) + 1;
    }
    return counts;
  };
  const told = async (id: string, messageId: string): Promise<string[]> =>
    (await product.callbacks({ dispatch: id }))
      .filter(({ body }) => body.message_uuid === messageId)
      .map(({ body }) => body.status as string);
  const digest = async (): Promise<string[]> => {
    const sums: string[] = [];
    for (const table of TABLES) {
      const [row] = await product.sql<{ sum: string }>(
        `select md5(coalesce(string_agg(t::text, '|' order by t.id), '')) as sum from ${table} t`,
      );
      sums.push(`${table} ${row?.sum}`);
    }
    return sums;
  };
  const pathOf = async (channel: string, tenantId = product.stack.seeded.tenantId) => {
    const [row] = await product.sql<{ id: string }>(
      'select id from dispatch_configs where channel = ? and tenant_id = ?',
      [channel, tenantId],
    );
    const accounts = createAccounts(product.db, product.stores.secrets);
    const loaded = await accounts.load(tenantId, row?.id ?? '');
    return `/webhooks/${loaded?.receiptToken.reveal()}`;
  };
  const sign = (body: string, secret = SECRET): string =>
    `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return product.call('POST', path, {
      body: text,
      headers: headers ?? { 'x-signature': sign(text) },
    });
  };
  /** A message that was accepted and about which nothing more is heard. */
  const aSilentMessage = async (channel: 'sms' | 'whatsapp' = 'sms') => {
    const id = await product.dispatch([{ channel, to: '447700990200' }]);
    return until(async () => {
      const { steps } = await product.view(id);
      const messageId = steps[0].message_uuid as string;
      const rows = await rowsOf(messageId);
      const posted = await told(id, messageId);
      const [attempt] = await product.sql<{ ref: string }>(
        'select message_ref as ref from attempts where message_id = ?',
        [messageId],
      );
      return rows.length === 1 && posted.length === 1 && attempt
        ? { id, messageId, ref: attempt.ref }
        : undefined;
    });
  };

  it('I7: five copies of each status make one row and one effect each', async () => {
    const id = await product.dispatch([
      { channel: 'whatsapp', to: '447700990222', expiry: 30, condition: 'read' },
      { to: '447700900001' },
    ]);

    const { steps } = await product.ended(id);
    await product.callbacksOf(id, 4);

    const states = await statesOf(steps[0].message_uuid);
    expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await told(id, steps[0].message_uuid)).toHaveLength(3);
  });

  it('I7: fifty copies at once make one row and one callback', async () => {
    const id = await product.dispatch([{ to: '447700990223' }]);

    const { steps } = await product.ended(id);
    await until(
      async () =>
        (await product.sent(steps[0].message_uuid))?.receipts.every(
          ({ posts }) => posts.at(-1)?.answer === 200,
        ),
      { what: 'an answer to every copy' },
    );

    expect(await rowsOf(steps[0].message_uuid)).toHaveLength(1);
    expect(
      (await told(id, steps[0].message_uuid)).filter((one) => one === 'delivered'),
    ).toHaveLength(1);
  });

  it('I7: copies with event ids of their own repeat what is known', async () => {
    const id = await product.dispatch([{ to: '447700990228' }]);

    const { steps } = await product.ended(id);
    await until(async () => (await rowsOf(steps[0].message_uuid)).length === 5);

    const states = await statesOf(steps[0].message_uuid);
    expect(states['delivered repeated']).toBe(4);
    expect(
      (await told(id, steps[0].message_uuid)).filter((one) => one === 'delivered'),
    ).toHaveLength(1);
  });

  it('I8: read, delivered, submitted in reverse come to the same end', async () => {
    const id = await product.dispatch([
      { channel: 'whatsapp', to: '447700990220', expiry: 30, condition: 'read' },
      { to: '447700900001' },
    ]);

    const view = await product.ended(id);
    await until(async () => (await rowsOf(view.steps[0].message_uuid)).length === 3);
    await product.callbacksOf(id, 4);

    expect(view).toMatchObject({ status: 'completed', current_step: 0 });
    expect((await product.view(id)).steps[0].status).toBe('read');
    // What comes below the known status is told only for the price it brings.
    const lower = (await product.callbacks({ dispatch: id })).filter(
      ({ body }) => body.status === 'delivered',
    );
    expect(lower.map(({ body }) => body.usage)).toEqual([{ price: '0.0333', currency: 'EUR' }]);
  });

  it('a status that comes before the provider’s own answer is not lost', async () => {
    const id = await product.dispatch([{ to: '447700990221', expiry: 30 }, { to: '447700900001' }]);

    const view = await product.ended(id);

    expect(view).toMatchObject({ status: 'completed', current_step: 0 });
    expect(await told(id, view.steps[0].message_uuid)).toContain('delivered');
  });

  it('a status that comes before the answer and without our reference is adopted', async () => {
    await product.dial({
      to: '447700900051',
      answerAfterMs: 500,
      statuses: [{ status: 'delivered', early: true, withRef: false }],
    });
    const id = await product.dispatch([{ to: '447700900051', expiry: 30 }, { to: '447700900001' }]);

    const view = await product.ended(id);
    await product.callbacksOf(id, 2);

    expect(view).toMatchObject({ status: 'completed', current_step: 0 });
    expect(await told(id, view.steps[0].message_uuid)).toContain('delivered');
  });

  it('delivered, then rejected: the message stays delivered', async () => {
    const id = await product.dispatch([{ to: '447700990224' }]);

    const { status, steps } = await product.ended(id);
    await until(async () => (await rowsOf(steps[0].message_uuid)).length === 2);

    expect(status).toBe('completed');
    expect((await product.view(id)).steps[0].status).toBe('delivered');
    expect(await told(id, steps[0].message_uuid)).not.toContain('rejected');
  });

  it('rejected, then delivered: fails over at once, and the delivery is forwarded', async () => {
    const id = await product.dispatch([{ to: '447700990225', expiry: 60 }, { to: '447700900001' }]);

    const { steps } = await product.ended(id);
    await until(async () => (await told(id, steps[0].message_uuid)).includes('delivered'));

    expect(steps[0]).toMatchObject({ outcome: 'failed_over', cause: { kind: 'rejected' } });
    expect((await product.view(id)).steps[0].status).toBe('delivered');
  });

  it('reports about messages that nobody sent are kept, answered and change nothing', async () => {
    const before = await product.sql(`select 1 from receipts where state = 'unmatched'`);
    const id = await product.dispatch([{ to: '447700990226' }]);

    expect(await product.ended(id)).toMatchObject({ status: 'completed' });

    const after = await product.sql(`select 1 from receipts where state = 'unmatched'`);
    expect(after.length - before.length).toBe(3);
  });

  it('the simulator’s forged and unsigned receipts are answered 401', async () => {
    const id = await product.dispatch([{ to: '447700990227', expiry: 2 }, { to: '447700900001' }]);

    const { steps } = await product.ended(id);

    expect(steps[0]).toMatchObject({ status: 'submitted', outcome: 'failed_over' });
    const message = await product.sent(steps[0].message_uuid);
    expect(message?.receipts.map(({ posts }) => posts.map(({ answer }) => answer))).toEqual([
      [401],
      [401],
    ]);
  });

  it('I6: no forgery changes a row', async () => {
    const { messageId, ref } = await aSilentMessage();
    const path = await pathOf('sms');
    const body = JSON.stringify({
      events: [{ id: ref, ref: messageId, eventId: 'forged-1', status: 'delivered' }],
    });
    const before = await digest();

    const forgeries: [string, string, Record<string, string>][] = [
      ['unsigned', body, {}],
      ['empty', body, { 'x-signature': '' }],
      ['without its prefix', body, { 'x-signature': sign(body).slice(7) }],
      ['cut', body, { 'x-signature': sign(body).slice(0, -1) }],
      ['extended', body, { 'x-signature': `${sign(body)}0` }],
      ['doubled', body, { 'x-signature': `${sign(body)}, ${sign(body)}` }],
      ['by another key', body, { 'x-signature': sign(body, 'another-secret') }],
      ['of another body', `${body} `, { 'x-signature': sign(body) }],
    ];
    for (const [name, text, headers] of forgeries) {
      const answer = await post(path, text, headers);
      expect([name, answer.status]).toEqual([name, 401]);
    }
    const unknown = await post('/webhooks/no-such-token', body);

    expect(unknown.status).toBe(404);
    expect(await digest()).toEqual(before);
    expect((await post(path, body)).status).toBe(200);
    expect(await digest()).not.toEqual(before);
  });

  it('I6: a replayed receipt changes nothing', async () => {
    const { id, messageId, ref } = await aSilentMessage();
    const path = await pathOf('sms');
    const body = { events: [{ id: ref, ref: messageId, eventId: 'once-1', status: 'delivered' }] };
    await post(path, body);
    await product.ended(id);
    await product.callbacksOf(id, 3);
    const settled = async (): Promise<string[] | undefined> => {
      const open = await product.sql(
        `select 1 from receipts where state = 'pending' union all select 1 from callbacks where state = 'pending'`,
      );
      return open.length === 0 ? digest() : undefined;
    };
    const before = await until(settled);

    expect((await post(path, body)).status).toBe(200);

    expect(await digest()).toEqual(before);
  });

  it('an account cannot report about another account’s message', async () => {
    const { id, messageId, ref } = await aSilentMessage();
    const tenantId = await product.tenant('Neighbour');
    await product.account({ channel: 'sms' }, tenantId);
    const events = (eventId: string): object => ({
      events: [{ id: ref, ref: messageId, eventId, status: 'rejected' }],
    });

    const neighbour = await post(await pathOf('sms', tenantId), events('not-mine-1'));
    const sibling = await post(await pathOf('mms'), events('not-mine-2'));

    expect([neighbour.status, sibling.status]).toEqual([200, 200]);
    expect(
      await product.sql(
        `select state, message_id from receipts where dedupe_key like 'event:not-mine-%'`,
      ),
    ).toEqual([
      { state: 'unmatched', message_id: null },
      { state: 'unmatched', message_id: null },
    ]);
    expect((await product.view(id)).steps[0].status).toBe('submitted');
  });

  it('several events of one request are each recorded', async () => {
    const { id, messageId, ref } = await aSilentMessage('whatsapp');
    const path = await pathOf('whatsapp');

    const answer = await post(path, {
      events: [
        { id: ref, eventId: 'many-1', status: 'delivered', price: '0.01', currency: 'EUR' },
        { id: ref, eventId: 'many-2', status: 'read' },
      ],
    });

    expect(answer.status).toBe(200);
    const view = await product.ended(id);
    expect(view.status).toBe('completed');
    await until(async () => (await told(id, messageId)).length === 3);
    expect((await told(id, messageId)).toSorted()).toEqual(['delivered', 'read', 'submitted']);
  });

  it('a signed report that cannot be read is quarantined, sealed, and answered', async () => {
    const path = await pathOf('sms');
    const body = '{"events":[{"id":"x","status":"teleported to 447700900777"}]}';

    const answer = await post(path, body);
    const again = await post(path, body);

    expect([answer.status, again.status]).toEqual([200, 200]);
    const rows = await product.sql(
      `select reason, position('447700900777' in encode(raw, 'escape')) as readable from receipts
       where state = 'quarantined'`,
    );
    expect(rows).toEqual([{ reason: expect.stringMatching(/./), readable: 0 }]);
  });

  it('contract 9.22 a price that comes late is told by a callback of its own', async () => {
    const { id, messageId, ref } = await aSilentMessage();
    const path = await pathOf('sms');
    const event = { id: ref, status: 'delivered' };
    await post(path, { events: [{ ...event, eventId: 'price-1' }] });
    await product.ended(id);

    await post(path, {
      events: [{ ...event, eventId: 'price-2', price: '0.05', currency: 'EUR' }],
    });
    const callbacks = await product.callbacksOf(id, 4);

    const delivered = callbacks.filter(({ body }) => body.status === 'delivered');
    expect(delivered.map(({ body }) => body.usage)).toEqual([
      undefined,
      { price: '0.05', currency: 'EUR' },
    ]);
    expect(new Set(delivered.map(({ webhookId }) => webhookId)).size).toBe(2);
    expect((await product.get(`/v0.1/messages/${messageId}`)).body.usage).toEqual({
      price: '0.05',
      currency: 'EUR',
    });
  });

  it('I7: a message costs its workflow twenty signals at most', async () => {
    const { id, messageId, ref } = await aSilentMessage();
    const path = await pathOf('sms');

    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        post(path, {
          events: [
            {
              id: ref,
              eventId: `burst-${index}`,
              status: index % 2 === 0 ? 'undeliverable' : 'delivered',
              price: `0.${index + 10}`,
              currency: 'EUR',
            },
          ],
        }),
      ),
    );

    await product.ended(id);
    const [row] = await product.sql<{ signals: number }>(
      'select signals from messages where id = ?',
      [messageId],
    );
    expect(row?.signals).toBeLessThanOrEqual(20);
    expect((await product.view(id)).steps[0].status).toBe('delivered');
  });
});
