import type { Stack } from '../../dev/stack';
import { startTestStack } from '../support/stack';
import { until } from '../support/until';

describe('a dispatch from accept to final report', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startTestStack();
  }, 60_000);

  it('is delivered by its only step', async () => {
    const { apiKey, apiSecret } = stack.seeded.basic;
    const answer = await fetch(`${stack.apiUrl}/v0.1/dispatch`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        template: 'failover',
        workflow: [
          {
            to: { type: 'sms', number: '447700900001' },
            from: { type: 'sms', number: '447700900000' },
            message: { content: { type: 'text', text: 'hello' } },
          },
        ],
      }),
    });
    const { dispatch_uuid: id } = (await answer.json()) as { dispatch_uuid: string };

    const bodies = await until(
      async () => {
        const got = await fetch(`${stack.simulatorUrl}/callbacks?dispatch=${id}`);
        const { callbacks } = (await got.json()) as {
          callbacks: { body: Record<string, unknown> }[];
        };
        return callbacks.length === 3 ? callbacks.map(({ body }) => body) : undefined;
      },
      { timeoutMs: 15_000, what: 'three callbacks' },
    );

    expect(answer.status).toBe(202);
    expect(bodies.map((body) => body.status).toSorted()).toEqual([
      'completed',
      'delivered',
      'submitted',
    ]);
  });
});
