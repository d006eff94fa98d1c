import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { MAGIC } from '../../dev/simulator/magic';
import type { Simulator } from '../../dev/simulator/simulator';
import { startSimulator } from '../../dev/simulator/simulator';
import { until } from '../support/until';
import type { CallResult, ReceiptTarget } from './simulator-client';
import { call, startReceiptTarget } from './simulator-client';

let simulator: Simulator;
let target: ReceiptTarget;

beforeEach(async () => {
  target = await startReceiptTarget();
  simulator = await startSimulator();
});

afterEach(async () => {
  await simulator.close();
  await target.close();
});

function send(suffix: string, url = simulator.url): Promise<CallResult> {
  return call(`${url}/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'simulator-key' },
    body: {
      to: `447700${suffix}`,
      channel: 'whatsapp',
      ref: suffix,
      receiptUrl: `${target.url}/${suffix}`,
    },
    timeoutMs: 300,
  });
}

async function endOf(suffix: string): Promise<number | string | undefined> {
  const { status, failure } = await send(suffix);
  return failure ?? status;
}

it.each([
  ['990400', [400]],
  ['990401', [401]],
  ['990402', [402]],
  ['990403', [403]],
  ['990404', [404]],
  ['990429', [429, 202]],
  ['990430', [429, 429]],
  ['990431', [429, 429]],
  ['990500', [500, 500, 500]],
  ['990503', [503, 503, 202]],
  ['990100', ['timeout']],
  ['990110', ['timeout']],
  ['990111', ['timeout']],
  ['990120', ['ECONNRESET', 'ECONNRESET']],
  ['990121', ['ECONNRESET', 'ECONNRESET']],
  ['990122', ['ECONNRESET', 202]],
  ['990130', ['ECONNRESET']],
])('%s ends tries with %j', async (suffix, ends) => {
  const seen = [];
  for (let count = 0; count < ends.length; count += 1) {
    seen.push(await endOf(suffix));
  }

  expect(seen).toEqual(ends);
});

it.each([
  ['990110', 0],
  ['990111', 1],
  ['990120', 1],
  ['990121', 0],
  ['990130', 1],
  ['990404', 0],
])('%s reaches the recipient %i times', async (suffix, deliveries) => {
  await send(suffix);

  expect(simulator.log()[0]).toMatchObject({
    times: 1,
    deliveries,
    tries: [{ by: `magic:${suffix}` }],
  });
});

it('990122 reaches the recipient once over two tries', async () => {
  await send('990122');
  await send('990122');

  expect(simulator.log()[0]).toMatchObject({ times: 2, deliveries: 1 });
});

describe('streams', () => {
  const STREAMS: Readonly<Record<string, readonly string[]>> = {
    '990200': ['submitted'],
    '990201': [],
    '990202': ['rejected'],
    '990203': ['submitted', 'undeliverable'],
    '990204': ['submitted', 'delivered'],
    '990210': ['submitted'],
    '990211': ['submitted'],
    '990220': ['read', 'delivered', 'submitted'],
    '990221': ['delivered'],
    '990222': ['submitted', 'delivered', 'read'].flatMap((status) => times(5, status)),
    '990223': times(50, 'delivered'),
    '990224': ['delivered', 'rejected'],
    '990225': ['rejected', 'delivered'],
    '990226': ['submitted', 'submitted', 'submitted', 'delivered'],
    '990227': ['delivered', 'delivered'],
    '990228': times(5, 'delivered'),
  };

  function times(count: number, status: string): string[] {
    return Array<string>(count).fill(status);
  }

  it('report what their table says, and nothing else soon', async () => {
    // Sent last and reporting last: whatever is not meant to be late has come before it.
    simulator.setDial({ to: '447700end', statuses: [{ status: 'end', afterMs: 700 }] });
    for (const suffix of [...Object.keys(STREAMS), 'end']) {
      expect((await send(suffix)).status).toBe(202);
    }
    await until(() => target.statuses().includes('end'));

    const reported = Object.keys(STREAMS).map((suffix) => [
      suffix,
      target.posted
        .filter((post) => post.path.endsWith(suffix))
        .map(({ event }) => event['status']),
    ]);
    expect(Object.fromEntries(reported)).toEqual(STREAMS);
  });
});

it('gives way to a dial that names the recipient, not to one for all', async () => {
  simulator.setDial({ answer: { kind: 'fail' } });
  expect(await endOf('990404')).toBe(404);

  simulator.setDial({ to: '447700990404', answer: { kind: 'accept' } });
  expect(await endOf('990404')).toBe(202);
});

it('does nothing when it is turned off', async () => {
  const plain = await startSimulator({ magic: false });

  expect((await send('990404', plain.url)).status).toBe(202);
  await plain.close();
});

it('is told completely by GET / and by the table in its source', async () => {
  const source = readFileSync(join(__dirname, '../../dev/simulator/magic.ts'), 'utf8');
  const { text } = await call(`${simulator.url}/`);

  for (const [suffix, { says }] of Object.entries(MAGIC)) {
    expect(source).toContain(` * | ${suffix} | ${says} |`);
    expect(text).toContain(`  ${suffix}  ${says}\n`);
  }
  expect(source.match(/^ \* \| 99/gm)).toHaveLength(Object.keys(MAGIC).length);
});
