import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { call } from './simulator-client';

const ROOT = join(__dirname, '../..');
let folder: string;
let child: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-'));
});

afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** The process is started from its sources: swc turns them into JavaScript as they are loaded. */
function start(...options: string[]): ChildProcess {
  const loader = join(ROOT, 'test/dev/simulator-loader.cjs');
  const entry = join(ROOT, 'dev/simulator/main.ts');
  child = spawn(process.execPath, ['--require', loader, entry, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child;
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  const [chunk] = stream ? ((await once(stream, 'data')) as [Buffer]) : [''];
  return chunk.toString().trim();
}

async function urlOf(started: ChildProcess): Promise<string> {
  const line = await firstLine(started.stdout);
  return line.replace('simulator listens on ', '');
}

it('has every answered message in its file after a SIGKILL', async () => {
  const log = join(folder, 'log');
  const started = start('--port', '0', '--log', log, '--api-key', 'mine');
  const url = await urlOf(started);

  for (const ref of ['a', 'b', 'c']) {
    const body = { to: '447700900001', channel: 'sms', ref };
    const headers = { 'x-api-key': 'mine' };
    expect((await call(`${url}/messages`, { method: 'POST', headers, body })).status).toBe(202);
  }
  started.kill('SIGKILL');
  await once(started, 'exit');

  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { ref: string }).ref)).toEqual(['a', 'b', 'c']);
});

it('ends with code 0 on SIGTERM although a call hangs', async () => {
  const started = start('--port', '0');
  const url = await urlOf(started);
  const hanging = call(`${url}/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'simulator-key' },
    body: { to: '447700990110', channel: 'sms' },
  });
  await new Promise((resolve) => setTimeout(resolve, 50));

  started.kill('SIGTERM');
  const [code] = (await once(started, 'exit')) as [number];

  expect(code).toBe(0);
  expect((await hanging).failure).toBe('ECONNRESET');
});

it('tells its options when one is wrong', async () => {
  const started = start('--port', 'many');
  const [said, [code]] = await Promise.all([firstLine(started.stderr), once(started, 'exit')]);

  expect(code).toBe(1);
  expect(said).toContain('--port must be a whole number');
});
