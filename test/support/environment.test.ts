import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'failover-dispatch-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs one test file in a jest of its own, in the environment under test. */
function runFile(name: string, source: string): { status: number | null; output: string } {
  writeFileSync(join(folder, `${name}.test.js`), source);
  const config = {
    rootDir: folder,
    testEnvironment: join(ROOT, 'test/support/environment.ts'),
    transform: {
      '^.+\\.ts$': [require.resolve('@swc/jest'), { jsc: { parser: { syntax: 'typescript' } } }],
    },
  };
  const jest = [require.resolve('jest/bin/jest'), '--config', JSON.stringify(config)];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...jest, '--runInBand', '--forceExit', name],
    { encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

test('a file that cleans up after itself passes', () => {
  const { status } = runFile(
    'clean',
    `const { createServer } = require('node:http');
     test('answers', async () => {
       const server = createServer((_, response) => response.end('yes')).listen(0, '127.0.0.1');
       await require('node:events').once(server, 'listening');
       const { port } = server.address();
       const answer = await fetch('http://127.0.0.1:' + port).then((response) => response.text());
       expect(answer).toBe('yes');
       await new Promise((resolve) => server.close(resolve));
     });`,
  );

  expect(status).toBe(0);
});

test('a file that leaves a server and a process behind fails and is told which', () => {
  const { status, output } = runFile(
    'leaky',
    `test('leaks', () => {
       require('node:net').createServer().listen(0, '127.0.0.1');
       require('node:child_process').spawn('sleep', ['20']);
     });`,
  );

  expect(status).toBe(1);
  expect(output).toContain('This test file leaves behind');
  expect(output).toMatch(/a server on .*127\.0\.0\.1/);
  expect(output).toMatch(/the process \d+ \(sleep\)/);
});

test('a file that talks to another machine fails, also when it swallows the error', () => {
  const { status, output } = runFile(
    'outgoing',
    `test('phones home', async () => {
       await fetch('http://192.0.2.1/').catch(() => undefined);
       const { once } = require('node:events');
       const socket = require('node:net').connect(80, 'example.invalid');
       await once(socket, 'error').catch(() => undefined);
     });`,
  );

  expect(status).toBe(1);
  expect(output).toContain('an attempt to connect to 192.0.2.1');
  expect(output).toContain('an attempt to connect to example.invalid');
});
