import type { Dial, StatusStep } from '../../dev/simulator/dials';
import type { Simulator } from '../../dev/simulator/simulator';
import { startSimulator } from '../../dev/simulator/simulator';
import { until } from '../support/until';
import type { ReceiptTarget } from './simulator-client';
import { call, startReceiptTarget } from './simulator-client';

let simulator: Simulator;
let target: ReceiptTarget;

beforeEach(async () => {
  target = await startReceiptTarget();
  simulator = await startSimulator({ retryDelaysMs: [20, 40], receiptTimeoutMs: 200 });
});

afterEach(async () => {
  await simulator.close();
  await target.close();
});

async function send(message: object = {}): Promise<{ id: string; answeredAt: number }> {
  const result = await call(`${simulator.url}/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'simulator-key' },
    body: {
      to: '447700900001',
      channel: 'sms',
      ref: 'message-1',
      receiptUrl: target.url,
      ...message,
    },
  });
  return { id: String(JSON.parse(result.text).id), answeredAt: Date.now() };
}

function stream(...statuses: StatusStep[]): Dial {
  return { statuses };
}

describe('usual streams', () => {
  it('reports sms as submitted and delivered, with a price and a valid signature', async () => {
    const { id } = await send();

    await until(() => target.posted.length === 2);
    const [submitted, delivered] = target.posted;
    expect(target.statuses()).toEqual(['submitted', 'delivered']);
    expect(target.posted.every((post) => post.isSigned)).toBe(true);
    expect(submitted?.event).toEqual({
      id,
      ref: 'message-1',
      eventId: expect.any(String),
      status: 'submitted',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(delivered?.event).toMatchObject({ id, price: '0.0333', currency: 'EUR' });
    expect(delivered?.event['eventId']).not.toBe(submitted?.event['eventId']);
  });

  it.each(['whatsapp', 'messenger', 'viber_service_msg'])(
    'reports %s as read too',
    async (channel) => {
      await send({ channel });

      await until(() => target.posted.length === 3);
      expect(target.statuses()).toEqual(['submitted', 'delivered', 'read']);
    },
  );
});

describe('status streams', () => {
  it('keeps the delay of a status', async () => {
    simulator.setDial(stream({ status: 'delivered', afterMs: 250 }));

    const { answeredAt } = await send();

    const post = await until(() => target.posted[0]);
    // The answer is seen a little after it was given.
    expect(post.at - answeredAt).toBeGreaterThanOrEqual(230);
  });

  it('reorders by delays', async () => {
    simulator.setDial(
      stream(
        { status: 'submitted', afterMs: 120 },
        { status: 'delivered', afterMs: 60 },
        { status: 'read', afterMs: 0 },
      ),
    );

    await send();

    await until(() => target.posted.length === 3);
    expect(target.statuses()).toEqual(['read', 'delivered', 'submitted']);
  });

  it('posts an early status before the message is answered', async () => {
    simulator.setDial({ ...stream({ status: 'delivered', early: true }), answerAfterMs: 100 });

    const sent = send();
    const post = await until(() => target.posted[0]);
    const { id, answeredAt } = await sent;

    expect(post.event).toMatchObject({ id, status: 'delivered' });
    expect(answeredAt - post.at).toBeGreaterThanOrEqual(90);
  });

  it('stays silent on an empty list', async () => {
    simulator.setDial({ to: '447700900002', ...stream() });

    await send({ to: '447700900002', ref: 'silent' });
    await send({ ref: 'spoken' });

    await until(() => target.posted.length === 2);
    expect(target.posted.map(({ event }) => event['ref'])).toEqual(['spoken', 'spoken']);
    expect(simulator.log({ ref: 'silent' })[0]?.receipts).toEqual([]);
  });

  it('contradicts itself', async () => {
    const error = { code: 1300, reason: 'Not part of the provider network' };
    simulator.setDial(stream({ status: 'delivered' }, { status: 'rejected', afterMs: 60, error }));

    await send();

    await until(() => target.posted.length === 2);
    expect(target.statuses()).toEqual(['delivered', 'rejected']);
    expect(target.posted[1]?.event['error']).toEqual(error);
  });

  it('repeats a receipt byte for byte', async () => {
    simulator.setDial(stream({ status: 'delivered', duplicates: 19 }));

    await send();

    await until(() => target.posted.length === 20);
    expect(new Set(target.posted.map((post) => post.raw)).size).toBe(1);
    expect(simulator.log()[0]?.receipts).toHaveLength(20);
  });

  it('repeats a receipt under new event ids', async () => {
    simulator.setDial(stream({ status: 'delivered', duplicates: 4, freshEventIds: true }));

    await send();

    await until(() => target.posted.length === 5);
    expect(new Set(target.posted.map(({ event }) => event['eventId'])).size).toBe(5);
  });

  it('reports about unknown messages', async () => {
    simulator.setDial(stream({ status: 'delivered', unknownId: true, duplicates: 1 }));

    const { id } = await send();

    await until(() => target.posted.length === 2);
    const ids = target.posted.map(({ event }) => event['id']);
    expect(new Set([...ids, id]).size).toBe(3);
    expect(
      target.posted.every(({ isSigned, event }) => isSigned && event['ref'] !== 'message-1'),
    ).toBe(true);
  });

  it('leaves out ref, event id and price when told so', async () => {
    simulator.setDial(
      stream({ status: 'delivered', withRef: false, withEventId: false, price: null }),
    );

    const { id } = await send();

    const { event } = await until(() => target.posted[0]);
    expect(event).toEqual({ id, status: 'delivered', at: expect.any(String) });
  });

  it.each(['forged', 'missing'] as const)(
    'posts a receipt with a %s signature once',
    async (signature) => {
      target.answers.push(401);
      simulator.setDial(
        stream({ status: 'delivered', signature }, { status: 'read', afterMs: 150 }),
      );

      await send();

      await until(() => target.posted.length === 2);
      expect(target.posted.map((post) => [post.event['status'], post.isSigned])).toEqual([
        ['delivered', false],
        ['read', true],
      ]);
    },
  );
});

describe('retries', () => {
  it('posts again until a receipt is taken, with the same bytes', async () => {
    simulator.setDial(stream({ status: 'delivered' }));
    target.answers.push(503, 404);

    await send();

    const receipt = await until(() => {
      const found = simulator.log()[0]?.receipts[0];
      return found?.posts.length === 3 ? found : undefined;
    });
    expect(receipt.posts.map((post) => post.answer)).toEqual([503, 404, 200]);
    expect(new Set(target.posted.map((post) => post.raw)).size).toBe(1);
  });

  it('gives up when its schedule is over', async () => {
    simulator.setDial(stream({ status: 'delivered' }, { status: 'read', afterMs: 300 }));
    target.answers.push(500, 500, 500);

    await send();

    await until(() => target.statuses().includes('read'));
    expect(target.statuses()).toEqual(['delivered', 'delivered', 'delivered', 'read']);
  });

  it('says in the log that nobody answered', async () => {
    simulator.setDial(stream({ status: 'delivered' }));

    await send({ receiptUrl: 'http://127.0.0.1:1/nobody' });

    const post = await until(() => simulator.log()[0]?.receipts[0]?.posts[0]);
    expect(post.answer).toBe('ECONNREFUSED');
  });

  it('outlives a receipt URL that is no URL', async () => {
    simulator.setDial(stream({ status: 'delivered' }));

    await send({ receiptUrl: 'nonsense' });

    const post = await until(() => simulator.log()[0]?.receipts[0]?.posts[0]);
    expect(post.answer).toBe('ERR_INVALID_URL');
  });
});
