import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Simulator } from '../../dev/simulator/simulator';
import { startSimulator } from '../../dev/simulator/simulator';
import { until } from '../support/until';
import type { CallOptions, CallResult } from './simulator-client';
import { call, startReceiptTarget } from './simulator-client';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(() => simulator.close());

const KEY = { 'x-api-key': 'simulator-key' };

function send(message: object, url = simulator.url): Promise<CallResult> {
  const body = { to: '447700900001', channel: 'sms', ...message };
  return call(`${url}/messages`, { method: 'POST', headers: KEY, body });
}

async function json(path: string, options?: CallOptions): Promise<Record<string, unknown>> {
  return JSON.parse((await call(`${simulator.url}${path}`, options)).text) as Record<
    string,
    unknown
  >;
}

it('sets, lists and clears dials over HTTP', async () => {
  const one = { name: 'one', answer: { kind: 'fail' } };
  const set = await json('/dials', { method: 'PUT', body: [one, { channel: 'sms', rate: 0 }] });
  expect(set).toEqual({ set: ['one', 'dial:sms'] });
  expect((await send({})).status).toBe(503);
  expect(await json('/dials')).toMatchObject({ dials: [{ name: 'one', used: 1 }, { rate: 0 }] });

  await call(`${simulator.url}/dials?name=one`, { method: 'DELETE' });
  expect((await send({})).status).toBe(202);

  await call(`${simulator.url}/dials`, { method: 'DELETE' });
  expect(await json('/dials')).toEqual({ dials: [] });
});

it.each([{ answer: { kind: 'explode' } }, { answr: {} }, { rate: 2 }, '{'])(
  'refuses the dial %j',
  async (body) => {
    const result = await call(`${simulator.url}/dials`, { method: 'PUT', body });

    expect(result.status).toBe(400);
    expect(await json('/dials')).toEqual({ dials: [] });
  },
);

it('lists its log over HTTP, filtered, and empties it', async () => {
  await send({ ref: 'a' });
  await send({ ref: 'b', channel: 'mms' });
  const refs = async (query: string): Promise<unknown[]> => {
    const { messages } = (await json(`/log${query}`)) as { messages: { ref: string }[] };
    return messages.map((message) => message.ref);
  };

  expect(await refs('')).toEqual(['a', 'b']);
  expect(await refs('?ref=a')).toEqual(['a']);
  expect(await refs('?channel=mms')).toEqual(['b']);
  expect(await refs('?limit=1')).toEqual(['b']);
  expect(await refs(`?since=${Date.now() + 1_000}`)).toEqual([]);
  await call(`${simulator.url}/log`, { method: 'DELETE' });
  expect(await refs('')).toEqual([]);
});

it('keeps the newest messages only', async () => {
  const small = await startSimulator({ keep: 2 });
  for (const ref of ['a', 'b', 'c']) {
    await send({ ref }, small.url);
  }

  expect(small.log().map((entry) => entry.ref)).toEqual(['b', 'c']);
  await small.close();
});

it('probes an account by its key', async () => {
  const right = await call(`${simulator.url}/account`, { headers: KEY });
  const wrong = await call(`${simulator.url}/account`);

  expect([right.status, wrong.status]).toEqual([200, 401]);
});

it('answers health, the page and 404', async () => {
  const page = await call(`${simulator.url}/ui`);

  expect(await json('/health')).toEqual({ status: 'ok', messages: 0, callbacks: 0 });
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect((await call(`${simulator.url}/nowhere`)).status).toBe(404);
});

it('refuses a body beyond a mebibyte', async () => {
  const result = await call(`${simulator.url}/callbacks`, {
    method: 'POST',
    body: 'x'.repeat(1_100_000),
  });

  expect(result.status).toBe(400);
  expect(simulator.callbacks()).toEqual([]);
});

describe('files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function lines(name: string): Record<string, unknown>[] {
    const text = readFileSync(join(folder, name), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('take a line for each message, receipt and callback, and are appended to', async () => {
    const target = await startReceiptTarget();
    const files = {
      logFile: join(folder, 'log'),
      callbacksLogFile: join(folder, 'callbacks'),
    };
    for (const ref of ['a', 'b']) {
      const logged = await startSimulator(files);
      await send({ ref, receiptUrl: target.url }, logged.url);
      await call(`${logged.url}/callbacks`, { method: 'POST', body: { status: ref } });
      await until(() => logged.log()[0]?.receipts[1]?.posts.length === 1);
      await logged.close();
    }

    expect(
      lines('log').map((line) => [line['kind'], line['ref'], line['answered'] ?? line['answer']]),
    ).toEqual([
      ['message', 'a', 202],
      ['receipt', 'a', 200],
      ['receipt', 'a', 200],
      ['message', 'b', 202],
      ['receipt', 'b', 200],
      ['receipt', 'b', 200],
    ]);
    expect(lines('log')[0]).toMatchObject({
      taken: true,
      id: expect.stringMatching(/^sim-/),
      times: 1,
    });
    expect(lines('callbacks').map((line) => line['body'])).toEqual([
      { status: 'a' },
      { status: 'b' },
    ]);
    await target.close();
  });

  it('leave out contents, headers and receipts when quiet', async () => {
    const target = await startReceiptTarget();
    const quiet = await startSimulator({ quietLog: true, logFile: join(folder, 'log') });
    await send({ ref: 'a', text: 'hello', receiptUrl: target.url }, quiet.url);
    await call(`${quiet.url}/callbacks`, { method: 'POST', body: { status: 'read' } });
    await until(() => target.posted.length === 2);

    expect(quiet.log()[0]).toMatchObject({ ref: 'a', deliveries: 1, receipts: [] });
    expect(quiet.log()[0]?.text).toBeUndefined();
    expect(quiet.callbacks()[0]).toMatchObject({ status: 'read', headers: {} });
    expect(lines('log')).toHaveLength(1);
    await quiet.close();
    await target.close();
  });
});
