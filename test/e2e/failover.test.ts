import { startProduct, type Json, type Product, type Received } from '../support/product';
import { until } from '../support/until';

/** What one step came to, in short. */
function outcomes(view: Json): unknown[][] {
  return view.steps.map((step: Json) => [step.status, step.outcome, step.cause?.kind]);
}

const statusesOf = (callbacks: readonly Received[]): string[] =>
  callbacks.map(({ body }) => body.status as string);
const reportsIn = (callbacks: readonly Received[]): Received[] =>
  callbacks.filter(({ event }) => event === 'dispatch.final');

describe('failover against a provider with moods', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      env: { LAST_STEP_LIMIT_SECONDS: '4', LAST_STEP_RETRY_SECONDS: '3' },
      simulatorArgs: ['--api-key', 'simulator-key', '--api-key', 'second-key'],
    });
    // What each channel's account wants done with unknown outcomes.
    await product.sql(`update dispatch_configs set on_unknown = 'fail_over' where channel = 'mms'`);
    await product.sql(
      `update dispatch_configs set on_unknown = 'resend' where channel = 'messenger'`,
    );
  }, 90_000);

  it.each([
    ['990400', 'content_rejected', 1020],
    ['990403', 'recipient_blocked', 1240],
    ['990404', 'recipient_invalid', 1300],
  ])(
    'contract 9.14 a refused send (%s) fails over at once, and 9.21 it is told and listed',
    async (suffix, errorClass, code) => {
      const id = await product.dispatch([
        { channel: 'whatsapp', to: `447700${suffix}`, expiry: 600 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);
      const callbacks = await product.callbacksOf(id, 4);

      expect(view).toMatchObject({ status: 'completed', cause: 'condition_met' });
      expect(outcomes(view)).toEqual([
        ['rejected', 'failed_over', 'send_refused'],
        ['delivered', 'met', 'condition_met'],
      ]);
      expect(view.steps[0].attempts).toEqual([
        expect.objectContaining({
          state: 'refused',
          error: expect.objectContaining({ class: errorClass, code }),
        }),
      ]);
      const [refused] = callbacks.filter(
        ({ body }) => body.message_uuid === view.steps[0].message_uuid,
      );
      expect(refused?.body).toMatchObject({ status: 'rejected', error: { code } });
      expect(refused?.body.error.class).toBeUndefined();
      const [report] = reportsIn(callbacks);
      expect(report?.body._links.messages).toEqual([
        expect.objectContaining({
          message_uuid: view.steps[0].message_uuid,
          channel: 'whatsapp',
          status: 'rejected',
        }),
        expect.objectContaining({ message_uuid: view.steps[1].message_uuid, channel: 'sms' }),
      ]);
    },
  );

  it.each([
    ['990202', 'rejected', 1300],
    ['990203', 'undeliverable', 1260],
  ])(
    'contract 9.14 a receipt that says so (%s, %s) fails over at once',
    async (suffix, status, code) => {
      const id = await product.dispatch([
        { channel: 'whatsapp', to: `447700${suffix}`, expiry: 600 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);
      const callbacks = await product.callbacksOf(id, 5);

      expect(outcomes(view)[0]).toEqual([status, 'failed_over', status]);
      expect(callbacks.find(({ body }) => body.status === status)?.body.error).toMatchObject({
        code,
      });
    },
  );

  it('contract 9.14 a 429 with Retry-After is waited out within the step', async () => {
    const id = await product.dispatch([
      { to: '447700990429', expiry: 600 },
      { to: '447700900001' },
    ]);

    const view = await product.ended(id);

    expect(outcomes(view)).toEqual([
      ['delivered', 'met', 'condition_met'],
      ['planned', undefined, undefined],
    ]);
    const [first, second] = view.steps[0].attempts;
    expect([first.state, first.error.class, second.state]).toEqual([
      'refused',
      'rate_limited',
      'accepted',
    ]);
    expect(Date.parse(second.at) - Date.parse(first.at)).toBeGreaterThanOrEqual(1_000);
  });

  it('contract 9.14 a provider that answers 503 twice is asked a third time', async () => {
    const id = await product.dispatch([
      { to: '447700990503', expiry: 600 },
      { to: '447700900001' },
    ]);

    const view = await product.ended(id);

    expect(view.steps[0].attempts.map(({ state }: Json) => state)).toEqual([
      'refused',
      'refused',
      'accepted',
    ]);
    expect(view).toMatchObject({ status: 'completed', current_step: 0 });
  });

  it.each(['990430', '990431', '990500'])(
    'contract 9.14 retries of %s never pass the expiry; then the message is told as rejected',
    async (suffix) => {
      const id = await product.dispatch([
        { to: `447700${suffix}`, expiry: 3 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);
      const callbacks = await product.callbacksOf(id, 4);

      expect(outcomes(view)).toEqual([
        ['rejected', 'failed_over', expect.stringMatching(/^(send_refused|expired)$/)],
        ['delivered', 'met', 'condition_met'],
      ]);
      const [first, second] = view.steps;
      const tookMs = Date.parse(second.started_at) - Date.parse(first.started_at);
      expect(tookMs).toBeLessThan(6_000);
      for (const { at } of first.attempts) {
        expect(Date.parse(at) - Date.parse(first.started_at)).toBeLessThan(3_000);
      }
      expect(reportsIn(callbacks)[0]?.body._links.messages).toHaveLength(2);
    },
  );

  it('contract 9.18 a last step that no provider takes ends as error, rejected', async () => {
    const id = await product.dispatch([{ to: '447700990500' }]);

    const view = await product.ended(id);
    const callbacks = await product.callbacksOf(id, 2);

    expect(view.status).toBe('error');
    expect(outcomes(view)[0]?.slice(0, 2)).toEqual(['rejected', 'failed']);
    expect(statusesOf(callbacks).toSorted()).toEqual(['error', 'rejected']);
  });

  it.each([
    ['990202', 'rejected'],
    ['990203', 'undeliverable'],
    ['990404', 'send_refused'],
  ])(
    'contract 9.18 a last step that ends in %s makes the dispatch an error',
    async (suffix, cause) => {
      const id = await product.dispatch([{ to: `447700${suffix}` }]);

      const view = await product.ended(id);

      expect(view).toMatchObject({ status: 'error', cause });
      expect(
        reportsIn(
          await until(async () => {
            const all = await product.callbacks({ dispatch: id });
            return reportsIn(all).length > 0 ? all : undefined;
          }),
        )[0]?.body.status,
      ).toBe('error');
    },
  );

  it('contract 9.19 a last step without a final status ends by its limit', async () => {
    const id = await product.dispatch([{ to: '447700990200' }]);

    const view = await product.ended(id);
    const callbacks = await product.callbacksOf(id, 2);

    expect(view).toMatchObject({ status: 'error', cause: 'last_step_limit' });
    expect(outcomes(view)).toEqual([['submitted', 'failed', 'last_step_limit']]);
    expect(reportsIn(callbacks)[0]?.body._links.messages[0].status).toBe('submitted');
    const step = view.steps[0];
    expect(Date.parse(view.ended_at) - Date.parse(step.accepted_at)).toBeGreaterThanOrEqual(3_900);
  });

  it('contract 9.13 delivered does not satisfy read, read satisfies delivered', async () => {
    const wantsRead = product.dispatch([
      { channel: 'whatsapp', to: '447700990204', expiry: 2, condition: 'read' },
      { to: '447700900001' },
    ]);
    const isRead = product.dispatch([
      { channel: 'whatsapp', to: '447700990220', expiry: 30, condition: 'delivered' },
      { to: '447700900001' },
    ]);

    const unread = await product.ended(await wantsRead);
    const read = await product.ended(await isRead);

    expect(outcomes(unread)).toEqual([
      ['delivered', 'failed_over', 'expired'],
      ['delivered', 'met', 'condition_met'],
    ]);
    expect(unread.steps[0].cause).toMatchObject({ required: 'read', last_status: 'delivered' });
    expect(outcomes(read)[0]).toEqual(['read', 'met', 'condition_met']);
  });

  it('contract 9.12 condition read on sms runs to its expiry', async () => {
    const id = await product.dispatch([
      { to: '447700900011', expiry: 1, condition: 'read' },
      { to: '447700900001' },
    ]);

    expect(outcomes(await product.ended(id))).toEqual([
      ['delivered', 'failed_over', 'expired'],
      ['delivered', 'met', 'condition_met'],
    ]);
  });

  it('contract 9.15 the expiry counts from acceptance, not from the start of the step', async () => {
    await product.dial({
      to: '447700900012',
      answerAfterMs: 2_000,
      statuses: [{ status: 'submitted' }],
    });
    const id = await product.dispatch([{ to: '447700900012', expiry: 3 }, { to: '447700900001' }]);

    const [first, second] = (await product.ended(id)).steps;

    const since = (from: string): number => Date.parse(second.started_at) - Date.parse(from);
    expect(since(first.accepted_at)).toBeGreaterThanOrEqual(2_950);
    expect(since(first.started_at)).toBeGreaterThanOrEqual(4_900);
    expect(Date.parse(first.expires_at) - Date.parse(first.accepted_at)).toBe(3_000);
  });

  it('contract 9.17 a late success of an earlier step is forwarded and does not end the dispatch', async () => {
    await product.dial({
      to: '447700900013',
      statuses: [{ status: 'submitted' }, { status: 'delivered', afterMs: 2_500 }],
    });
    const id = await product.dispatch([
      { to: '447700900013', expiry: 1 },
      { to: '447700990200', expiry: 4 },
      { to: '447700900001' },
    ]);

    const view = await product.ended(id);
    const callbacks = await product.callbacksOf(id, 6);

    expect(outcomes(view)).toEqual([
      ['delivered', 'failed_over', 'expired'],
      ['submitted', 'failed_over', 'expired'],
      ['delivered', 'met', 'condition_met'],
    ]);
    expect(
      statusesOf(callbacks.filter(({ body }) => body.message_uuid === view.steps[0].message_uuid)),
    ).toEqual(['submitted', 'delivered']);
    expect(reportsIn(callbacks)).toHaveLength(1);
  });

  it('contract 9.17 an application may opt in to stop on a late success', async () => {
    const caller = await product.application({ stopOnLateSuccess: true });
    await product.dial({
      to: '447700900014',
      statuses: [{ status: 'submitted' }, { status: 'delivered', afterMs: 2_500 }],
    });
    const id = await product.dispatch(
      [
        { to: '447700900014', expiry: 1 },
        { to: '447700990200', expiry: 60 },
        { to: '447700900001' },
      ],
      caller,
    );

    const view = await product.ended(id);

    expect(view).toMatchObject({ status: 'completed', cause: 'late_success', current_step: 1 });
    expect(view.steps.map(({ status }: Json) => status)).toEqual([
      'delivered',
      'submitted',
      'planned',
    ]);
    expect(await product.sent(view.steps[2].message_uuid)).toBeUndefined();
  });

  it('contract 9.20 the final report is sent once: a status after the end still goes out alone', async () => {
    await product.dial({
      to: '447700900015',
      statuses: [{ status: 'submitted' }, { status: 'delivered', afterMs: 4_000 }],
    });
    const id = await product.dispatch([{ to: '447700900015', expiry: 1 }, { to: '447700900001' }]);
    const ended = await product.ended(id);
    expect(ended.steps[0].status).toBe('submitted');

    const callbacks = await product.callbacksOf(id, 5);

    expect(callbacks.at(-1)?.body).toMatchObject({
      message_uuid: ended.steps[0].message_uuid,
      status: 'delivered',
    });
    expect(reportsIn(callbacks)).toHaveLength(1);
    const after = await product.view(id);
    expect(after.steps[0].status).toBe('delivered');
    expect({ ...after, steps: [], callbacks: [], usage: 0 }).toEqual({
      ...ended,
      steps: [],
      callbacks: [],
      usage: 0,
    });
    expect(
      await product.sql(
        `select state from receipts where message_id = ? and status = 'delivered'`,
        [ended.steps[0].message_uuid],
      ),
    ).toEqual([{ state: 'late' }]);
  });

  it('contract 9.21 the report leaves out messages that were never started', async () => {
    const id = await product.dispatch([
      { to: '447700900001', expiry: 600 },
      { to: '447700900002', expiry: 600 },
      { to: '447700900003' },
    ]);

    const view = await product.ended(id);
    const [report] = reportsIn(await product.callbacksOf(id, 3));

    expect(report?.body._links.messages).toEqual([
      expect.objectContaining({ message_uuid: view.steps[0].message_uuid, status: 'delivered' }),
    ]);
    expect(await product.sent(view.steps[1].message_uuid)).toBeUndefined();
  });

  it('contract 9.22 and 9.23 the total is the fee and the prices in the own currency', async () => {
    const caller = await product.application({ fee: '0.0020', currency: 'EUR' });
    const priced = (to: string, price: string, currency: string): Promise<void> =>
      product.dial({
        to,
        statuses: [
          { status: 'submitted', price, currency },
          { status: 'rejected', afterMs: 60, error: { code: 1300, reason: 'Nobody' } },
        ],
      });
    await priced('447700900021', '0.1000', 'EUR');
    await priced('447700900022', '0.07', 'USD');
    const id = await product.dispatch(
      [
        { to: '447700900021', expiry: 600 },
        { to: '447700900022', expiry: 600 },
        { to: '447700900001' },
      ],
      caller,
    );

    const view = await product.ended(id);
    const callbacks = await product.callbacksOf(id, 7);

    const [report] = reportsIn(callbacks);
    expect(report?.body.usage).toEqual({ price: '0.1353', currency: 'EUR' });
    expect(report?.body._links.messages.map(({ usage }: Json) => usage)).toEqual([
      { price: '0.1000', currency: 'EUR' },
      { price: '0.07', currency: 'USD' },
      { price: '0.0333', currency: 'EUR' },
    ]);
    expect(view.usage).toEqual({ price: '0.1353', currency: 'EUR' });
    expect(view.usage_by_currency).toEqual([
      { price: '0.1353', currency: 'EUR' },
      { price: '0.07', currency: 'USD' },
    ]);
  });

  it('contract 9.22 an unpriced message has no usage, and the total is 0', async () => {
    const id = await product.dispatch([{ to: '447700990202' }]);
    await product.ended(id);

    const callbacks = await product.callbacksOf(id, 3);

    const [report] = reportsIn(callbacks);
    expect(report?.body.usage).toEqual({ price: '0', currency: 'EUR' });
    expect(callbacks.filter(({ body }) => body.message_uuid && body.usage)).toEqual([]);
    expect(report?.body._links.messages[0].usage).toBeUndefined();
  });

  it('contract 9.35 client_ref is echoed in every status of its message alone', async () => {
    const id = await product.dispatch([
      { to: '447700990404', expiry: 600, clientRef: 'first' },
      { to: '447700900001' },
    ]);
    const view = await product.ended(id);

    const callbacks = await product.callbacksOf(id, 4);

    const refs = callbacks.map(({ body }) => [body.message_uuid, body.client_ref]);
    expect(refs.filter(([, ref]) => ref === 'first')).toEqual([
      [view.steps[0].message_uuid, 'first'],
    ]);
  });

  it('contract 9.3 hrefs are spelled as the application wants, and load', async () => {
    const caller = await product.application({ hrefStyle: 'wire' });
    const id = await product.dispatch([{ to: '447700900001' }], caller);
    await product.ended(id, caller);
    const callbacks = await product.callbacksOf(id, 3);
    const [report] = reportsIn(callbacks);

    const status = callbacks.find(({ body }) => body.message_uuid)?.body;
    const { workflow, dispatch } = status?._links ?? {};
    const [message] = report?.body._links.messages ?? [];

    expect(workflow).toEqual({ dispatch_uuid: id, href: `v0.1/dispatch/${id}` });
    expect(dispatch).toEqual(workflow);
    expect(message.href).toBe(`v0.1/messages/${message.message_uuid}`);
    for (const href of [workflow.href, message.href]) {
      expect((await product.get(`/${href}`, caller)).status).toBe(200);
    }
  });

  it('takes the next account when one may not send, and goes on with it alone', async () => {
    await product.dial({
      to: '447700900031',
      apiKey: 'simulator-key',
      answer: { kind: 'refuse', status: 401, class: 'auth', reason: 'Invalid credentials' },
    });
    const second = await product.account({
      channel: 'viber_service_msg',
      credentials: { apiKey: 'second-key', webhookSecret: 'simulator-webhook-secret' },
      priority: 200,
    });
    const [first] = await product.sql<{ id: string }>(
      `select id from dispatch_configs where channel = 'viber_service_msg' order by priority`,
    );

    // The plan is remembered for a second: ask until it knows the new account.
    const view = await until(
      async () => {
        const id = await product.dispatch([
          { channel: 'viber_service_msg', to: '447700900031', expiry: 2 },
          { to: '447700900001' },
        ]);
        const got = await product.ended(id);
        return got.steps[0].status === 'rejected' ? undefined : got;
      },
      { timeoutMs: 30_000, what: 'a plan with the second account' },
    );

    expect(
      view.steps[0].attempts.map(({ account, state, error }: Json) => [
        account,
        state,
        error?.class,
      ]),
    ).toEqual([
      [first?.id, 'refused', 'auth'],
      [second, 'accepted', undefined],
    ]);
    expect(view).toMatchObject({ status: 'completed', current_step: 0 });
  });

  it('leaves a step for which the tenant has no account, and says so', async () => {
    const tenantId = await product.tenant('Without viber');
    const caller = await product.application({}, tenantId);
    await product.account({ channel: 'sms' }, tenantId);
    const id = await product.dispatch(
      [{ channel: 'whatsapp', to: '447700900001', expiry: 600 }, { to: '447700900002' }],
      caller,
    );

    const view = await product.ended(id, caller);
    const callbacks = await product.callbacksOf(id, 4);

    expect(outcomes(view)).toEqual([
      ['rejected', 'failed_over', 'no_account'],
      ['delivered', 'met', 'condition_met'],
    ]);
    expect(callbacks.find(({ body }) => body.status === 'rejected')?.body.error).toEqual({
      code: 1250,
      reason: 'No usable provider account for this channel',
    });
  });

  describe('an outcome that nobody knows', () => {
    it('policy wait: a receipt closes it, nothing is sent twice', async () => {
      const id = await product.dispatch([
        { to: '447700990120', expiry: 30 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);

      expect(view).toMatchObject({ status: 'completed', current_step: 0 });
      expect(await product.sent(view.steps[0].message_uuid)).toMatchObject({
        deliveries: 1,
        times: 1,
      });
      expect(
        await product.sql('select state, resolution from attempts where message_id = ?', [
          view.steps[0].message_uuid,
        ]),
      ).toEqual([{ state: 'accepted', resolution: 'receipt' }]);
    });

    it('policy wait: without a receipt its expiry counts from the start of the step', async () => {
      const id = await product.dispatch([
        { to: '447700990121', expiry: 2 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);
      const [report] = reportsIn(await product.callbacksOf(id, 3));

      const [first, second] = view.steps;
      expect(outcomes(view)[0]?.slice(1)).toEqual(['failed_over', 'expired']);
      expect(Date.parse(second.started_at) - Date.parse(first.started_at)).toBeGreaterThanOrEqual(
        1_950,
      );
      expect(first.attempts.map(({ state }: Json) => state)).toEqual(['unknown']);
      expect(report?.body._links.messages[0]).toMatchObject({ status: 'submitted' });
    });

    it('policy fail_over: the next step starts at once', async () => {
      const id = await product.dispatch([
        { channel: 'mms', to: '447700990121', expiry: 600 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);

      expect(outcomes(view)[0]?.slice(1)).toEqual(['failed_over', 'send_outcome_unknown']);
      expect(outcomes(view)[1]).toEqual(['delivered', 'met', 'condition_met']);
    });

    it('policy resend: sent again, at most three times, each further one flagged', async () => {
      await product.dial({ to: 'person-resend', answer: { kind: 'drop', taken: false } });
      const id = await product.dispatch([
        { channel: 'messenger', to: 'person-resend', expiry: 6 },
        { to: '447700900001' },
      ]);

      const view = await product.ended(id);

      const rows = await product.sql(
        'select state, resolution, possible_duplicate from attempts where message_id = ? order by number',
        [view.steps[0].message_uuid],
      );
      expect(rows).toEqual([
        { state: 'superseded', resolution: 'resent', possible_duplicate: false },
        { state: 'superseded', resolution: 'resent', possible_duplicate: true },
        { state: 'unknown', resolution: null, possible_duplicate: true },
      ]);
      expect((await product.sent(view.steps[0].message_uuid))?.times).toBe(3);
      expect(outcomes(view)[0]?.slice(1)).toEqual(['failed_over', 'expired']);
    });
  });
});
