import { createHash, createHmac } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import { createAccounts } from '../../store/accounts';
import { callbacksWorkflowId } from '../../workflows/ids';
import { afterFile } from '../support/after-file';
import {
  startProduct,
  type Caller,
  type Json,
  type Product,
  type Received,
} from '../support/product';
import { until } from '../support/until';

type Shop = Caller & { applicationId: string; signatureSecret: string; path: string };

describe('callbacks', () => {
  let product: Product;
  let temporal: Client;
  beforeAll(async () => {
    product = await startProduct({
      env: {
        CALLBACK_FIRST_GAP_MS: '300',
        CALLBACK_LONGEST_GAP_MS: '1200',
        LAST_STEP_LIMIT_SECONDS: '60',
      },
    });
    const { address, namespace } = product.stack.temporal;
    const connection = await Connection.connect({ address });
    afterFile(() => connection.close());
    temporal = new Client({ connection, namespace });
  }, 90_000);
  afterEach(() => product.receiverBack());

  let shops = 0;
  /** An application that listens on a path of its own. */
  const aShop = async (wish: { disableOnGone?: boolean } = {}): Promise<Shop> => {
    const path = `/callbacks/shop-${(shops += 1)}`;
    const statusUrl = `${product.stack.simulatorUrl}${path}`;
    return { ...(await product.application({ statusUrl, ...wish })), path };
  };
  const at = (shop: Shop): Promise<Received[]> => product.callbacks({ path: shop.path });
  const endpointOf = async (shop: Shop): Promise<Json> =>
    (
      await product.sql('select * from endpoints where application_id = ?', [shop.applicationId])
    )[0];
  const rowsOf = (id: string): Promise<Json[]> =>
    product.sql(
      'select id, status, state, attempts, last_status, last_error, body from callbacks where dispatch_id = ? order by committed_xid, sequence',
      [id],
    );
  const allTaken = (id: string, count: number): Promise<Json[]> =>
    until(
      async () => {
        const rows = await rowsOf(id);
        return rows.length >= count && rows.every(({ state }) => state === 'taken')
          ? rows
          : undefined;
      },
      { timeoutMs: 60_000, everyMs: 50, what: `${count} taken callbacks` },
    );
  const atRest = (shop: Shop): Promise<Json> =>
    until(
      async () => {
        const endpoint = await endpointOf(shop);
        return endpoint.wakes_at === null ? endpoint : undefined;
      },
      { timeoutMs: 30_000, what: 'an endpoint without a workflow' },
    );

  it('contract 5 and 9.33: every callback carries both signatures, over its exact bytes', async () => {
    const { signatureSecret, id: applicationId } = product.stack.seeded.application;
    const id = await product.dispatch([
      { channel: 'whatsapp', to: '447700990202', expiry: 60 },
      { to: '447700900001' },
    ]);

    const callbacks = await product.callbacksOf(id, 5);

    for (const { headers, rawBase64, standardWebhooks, vonageJwt } of callbacks) {
      const raw = Buffer.from(rawBase64, 'base64');
      const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
      const { payload, protectedHeader } = await jwtVerify(
        token,
        new TextEncoder().encode(signatureSecret),
        { issuer: 'Vonage', algorithms: ['HS256'] },
      );

      expect([standardWebhooks.verdict, vonageJwt.verdict]).toEqual(['valid', 'valid']);
      expect(
        new Webhook(signatureSecret).verify(raw.toString(), headers as Record<string, string>),
      ).toEqual(JSON.parse(raw.toString()));
      expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
      expect(payload).toEqual({
        iat: expect.any(Number),
        jti: expect.any(String),
        iss: 'Vonage',
        payload_hash: createHash('sha256').update(raw).digest('hex'),
        api_key: product.stack.seeded.basic.apiKey,
        application_id: applicationId,
      });
      expect(headers['content-type']).toBe('application/json');
    }
    expect(new Set(callbacks.map(({ webhookId }) => webhookId)).size).toBe(callbacks.length);
    expect(callbacks.map(({ webhookId }) => webhookId).toSorted()).toEqual(
      (await rowsOf(id)).map((row) => row.id as string).toSorted(),
    );
  });

  it('contract 9.34 statuses and the final report go to the same URL', async () => {
    const shop = await aShop();
    const id = await product.dispatch([{ to: '447700900001' }], shop);
    await allTaken(id, 3);

    const events = (await at(shop)).map(({ path, event }) => [path, event]);

    expect(events.toSorted()).toEqual([
      [shop.path, 'dispatch.final'],
      [shop.path, 'message.status'],
      [shop.path, 'message.status'],
    ]);
  });

  it('contract 9.32 what is answered 500 comes again: same id, same bytes, growing gaps', async () => {
    const shop = await aShop();
    await product.receiver({ path: shop.path, event: 'dispatch.final', status: 500, times: 2 });
    const id = await product.dispatch([{ to: '447700900001' }], shop);

    await allTaken(id, 3);

    const reports = (await at(shop)).filter(({ event }) => event === 'dispatch.final');
    expect(reports.map(({ answered }) => answered)).toEqual([500, 500, 200]);
    expect(new Set(reports.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(new Set(reports.map(({ rawBase64 }) => rawBase64)).size).toBe(1);
    const [first, second, third] = reports.map((report) => report.at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(270);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(540);
    const final = (await product.view(id, shop)).callbacks.find(
      ({ event }: Json) => event === 'dispatch.final',
    );
    expect(final).toMatchObject({ state: 'taken', attempts: 3 });
    expect(await atRest(shop)).toMatchObject({ down: false, failures: 0 });
  });

  it.each([
    ['a 4xx of its own', { status: 422 }],
    [
      'a redirect, which is not followed',
      { status: 302, headers: { location: '/callbacks/else' } },
    ],
    ['a closed connection', { reset: true }],
    ['410, unless the application wants it obeyed', { status: 410 }],
  ])('contract 9.32 %s is tried again', async (_, dial) => {
    const shop = await aShop();
    await product.receiver({ path: shop.path, event: 'dispatch.final', times: 1, ...dial });
    const id = await product.dispatch([{ to: '447700900001' }], shop);

    const rows = await allTaken(id, 3);

    const attempts = Object.fromEntries(rows.map((row) => [row.status, row.attempts]));
    expect(attempts).toEqual({ submitted: 1, delivered: 1, completed: 2 });
    expect(await product.callbacks({ path: '/callbacks/else' })).toEqual([]);
  });

  it('contract 9.32 Retry-After puts the next try off', async () => {
    const shop = await aShop();
    await product.receiver({
      path: shop.path,
      event: 'dispatch.final',
      status: 503,
      times: 1,
      headers: { 'retry-after': '2' },
    });
    const id = await product.dispatch([{ to: '447700900001' }], shop);

    await allTaken(id, 3);

    const [first, second] = (await at(shop)).filter(({ event }) => event === 'dispatch.final');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_950);
  });

  it('a 410 disables the endpoint where the application wants it', async () => {
    const shop = await aShop({ disableOnGone: true });
    await product.receiver({ path: shop.path, status: 410 });
    const id = await product.dispatch([{ to: '447700900001' }], shop);

    await product.ended(id, shop);
    const rows = await until(
      async () => {
        const all = await rowsOf(id);
        return all.length === 3 && all.every(({ state }) => state === 'exhausted')
          ? all
          : undefined;
      },
      { timeoutMs: 60_000, everyMs: 100, what: 'exhausted callbacks' },
    );

    expect(rows).toHaveLength(3);
    expect(await endpointOf(shop)).toMatchObject({ state: 'disabled' });
  });

  it('without a status URL the dispatch ends, and its callbacks say no_url', async () => {
    const caller = await product.application({ statusUrl: undefined } as object);
    const id = await product.dispatch([{ to: '447700900001' }], caller);

    const view = await product.ended(id, caller);

    expect(view.status).toBe('completed');
    expect((await product.view(id, caller)).callbacks.map(({ state }: Json) => state)).toEqual([
      'no_url',
      'no_url',
      'no_url',
    ]);
  });

  it('a dead endpoint goes down, is probed one at a time, and drains in order when it is back', async () => {
    const dead = await aShop();
    const healthy = await aShop();
    await product.receiver({ path: dead.path, status: 503 });

    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const id = await product.dispatch([{ to: '447700900001' }], dead);
      expect(await product.ended(id, dead)).toMatchObject({ status: 'completed' });
      ids.push(id);
    }
    await until(async () => (await endpointOf(dead)).down, { what: 'an endpoint that is down' });
    const downSince = Date.now();
    // Posts that had begun before it counted as down may still arrive: look at what comes a little later.
    const probes = await until(
      async () => {
        const late = (await at(dead)).filter((callback) => callback.at > downSince + 1_500);
        return late.length >= 3 ? late : undefined;
      },
      { timeoutMs: 30_000, what: 'three probes' },
    );
    const other = await product.dispatch([{ to: '447700900001' }], healthy);
    await allTaken(other, 3);
    // By now every process knows that it is down: nothing of these is posted directly.
    for (const to of ['447700900002', '447700900003']) {
      const id = await product.dispatch([{ to }], dead);
      await product.ended(id, dead);
      ids.push(id);
    }

    const [row] = await product.sql<{ id: string }>(
      'select id from callbacks where endpoint_id = ? order by committed_xid, sequence limit 1',
      [(await endpointOf(dead)).id],
    );
    expect(new Set(probes.map(({ webhookId }) => webhookId))).toEqual(new Set([row?.id]));
    for (const [index, probe] of probes.slice(1).entries()) {
      expect(probe.at - (probes[index]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    }

    await product.receiverBack();
    const backAt = Date.now();
    await Promise.all(ids.map((id) => allTaken(id, 3)));
    const { id: endpointId } = await atRest(dead);

    const drained = (await at(dead)).filter(
      (callback) => callback.at >= backAt && callback.answered === 200,
    );
    const order = await product.sql<{ id: string; attempts: number }>(
      'select id, attempts from callbacks where endpoint_id = ? order by committed_xid, sequence',
      [endpointId],
    );
    expect(drained).toHaveLength(18);
    expect(drained[0]).toMatchObject({ webhookId: row?.id });
    // What had been tried before has a time of its own; all that waited behind comes in order.
    const waited = order.filter(({ attempts }) => attempts === 1).map((callback) => callback.id);
    expect(waited.length).toBeGreaterThanOrEqual(6);
    expect(
      drained.flatMap(({ webhookId = '' }) => (waited.includes(webhookId) ? [webhookId] : [])),
    ).toEqual(waited);
    expect(new Set(drained.map(({ webhookId }) => webhookId)).size).toBe(18);
    expect(await endpointOf(dead)).toMatchObject({ down: false, failures: 0, wakes_at: null });
    const status = await until(async () => {
      const described = await temporal.workflow
        .getHandle(callbacksWorkflowId(endpointId as string))
        .describe();
      return described.status.name === 'RUNNING' ? undefined : described.status.name;
    });
    expect(status).toBe('COMPLETED');
  }, 120_000);

  it('what a process takes down with it is posted after its lease, with the same id and bytes', async () => {
    const shop = await aShop();
    const { url, child } = await product.api({
      CALLBACK_FIRST_GAP_MS: '300',
      CALLBACK_LONGEST_GAP_MS: '1200',
    });
    // Delivered decides nothing here: no final report may come first and be the one that hangs.
    const first = { to: '447700990200', expiry: 3_600, condition: 'read' } as const;
    const id = await product.dispatch([first, { to: '447700900001' }], shop);
    const [submitted] = await allTaken(id, 1);
    const { steps } = await product.view(id, shop);
    await product.receiver({ path: shop.path, hang: true, times: 1 });
    await reportDelivered(product, url, steps[0].message_uuid as string);
    await until(async () => (await at(shop)).some(({ answered }) => answered === 'hang'));
    child.kill('SIGKILL');
    await child.exited;

    await allTaken(id, 2);

    const posts = (await at(shop)).filter(({ status }) => status === 'delivered');
    expect(posts.map(({ answered }) => answered)).toEqual(['hang', 200]);
    expect(posts[1]?.webhookId).toBe(posts[0]?.webhookId);
    expect(posts[1]?.rawBase64).toBe(posts[0]?.rawBase64);
    expect(submitted?.id).not.toBe(posts[0]?.webhookId);
  }, 120_000);
});

/** Tells a certain API process that a message was delivered. */
async function reportDelivered(product: Product, apiUrl: string, messageId: string): Promise<void> {
  const [attempt] = await product.sql<{ account_id: string; message_ref: string }>(
    'select account_id, message_ref from attempts where message_id = ?',
    [messageId],
  );
  const loaded = await createAccounts(product.db, product.stores.secrets).load(
    product.stack.seeded.tenantId,
    attempt?.account_id ?? '',
  );
  const body = JSON.stringify({
    events: [{ id: attempt?.message_ref, eventId: `told-${messageId}`, status: 'delivered' }],
  });
  const signature = createHmac('sha256', 'simulator-webhook-secret').update(body).digest('hex');
  const answer = await product.call('POST', `/webhooks/${loaded?.receiptToken.reveal()}`, {
    apiUrl,
    body,
    headers: { 'x-signature': `sha256=${signature}` },
  });
  expect(answer.status).toBe(200);
}
