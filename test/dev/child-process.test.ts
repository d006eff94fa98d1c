import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFileSync } from '@swc/core';
import { startChild, untilReady } from '../../dev/child-process';
import { until } from '../support/until';

/** A zombie counts as gone: only its exit code waits to be read. */
function isGone(pid: number): boolean {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith(
      'Z',
    );
  } catch {
    return true;
  }
}

const STUBBORN = `trap '' TERM; echo ready; while true; do sleep 0.1; done`;

describe('startChild', () => {
  test('collects what the child says and tells how it ended', async () => {
    const heard: string[] = [];

    const child = await startChild({
      name: 'echo',
      command: 'sh',
      args: ['-c', 'echo out; echo err >&2; exit 3'],
      onLine: (line) => heard.push(line),
    });
    const exit = await child.exited;

    expect(exit).toEqual({ code: 3, signal: null });
    expect(child.output().split('\n').sort()).toEqual(['err', 'out']);
    expect(heard.sort()).toEqual(['err', 'out']);
    expect(child.isRunning()).toBe(false);
  });

  test('rejects when the command does not exist', async () => {
    const started = startChild({ name: 'nothing', command: '/does/not/exist', args: [] });

    await expect(started).rejects.toThrow(/^nothing cannot be started: .*ENOENT/);
  });

  test('stops with the signal asked for', async () => {
    const child = await startChild({
      name: 'sleep',
      command: 'sleep',
      args: ['60'],
      stopSignal: 'SIGINT',
    });

    await expect(child.stop()).resolves.toEqual({ code: null, signal: 'SIGINT' });
    await expect(child.stop()).resolves.toEqual({ code: null, signal: 'SIGINT' });
  });

  test('kills a child that ignores the signal, when its grace is over', async () => {
    const child = await startChild({
      name: 'stubborn',
      command: 'sh',
      args: ['-c', STUBBORN],
      graceMs: 200,
    });
    await until(() => child.output().includes('ready'));

    await expect(child.stop()).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('stops what the child has started as well', async () => {
    const child = await startChild({
      name: 'parent',
      command: 'sh',
      args: ['-c', 'sleep 60 & echo $!; wait'],
    });
    const grandchild = Number(await until(() => child.output().trim()));

    await child.stop();

    await until(() => isGone(grandchild));
  });

  test('runs in a process group of its own, where Ctrl-C in the terminal does not reach it', async () => {
    const child = await startChild({ name: 'sleep', command: 'sleep', args: ['60'] });

    const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(child.pid)], {
      encoding: 'utf8',
    });

    expect(Number(group)).toBe(child.pid);
    await child.stop();
  });
});

describe('untilReady', () => {
  test('rejects with the output when the child ends first', async () => {
    const child = await startChild({
      name: 'broken',
      command: 'sh',
      args: ['-c', 'echo why; exit 1'],
    });

    await expect(untilReady(child, 5_000, async () => false)).rejects.toThrow(
      'broken ended while starting:\nwhy',
    );
  });

  test('rejects when time is up', async () => {
    const child = await startChild({ name: 'slow', command: 'sleep', args: ['60'] });

    await expect(untilReady(child, 50, async () => false)).rejects.toThrow(
      'slow did not answer within 50 ms',
    );
    await child.stop();
  });
});

describe('when the parent is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'failover-dispatch-watchdog-'));

  beforeAll(() => {
    for (const name of ['child-process', 'watchdog']) {
      const { code } = transformFileSync(join(__dirname, `../../dev/${name}.ts`), {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      });
      writeFileSync(join(folder, `${name}.js`), code);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** A parent process with two children; it prints their pids and lives on. */
  async function startFamily(ending: string): Promise<{ parent: number; children: number[] }> {
    const source = `
      const { startChild } = require(${JSON.stringify(join(folder, 'child-process.js'))});
      (async () => {
        const gentle = await startChild({ name: 'gentle', command: 'sleep', args: ['60'] });
        const stubborn = await startChild({ name: 'stubborn', command: 'sh', args: ['-c', ${JSON.stringify(STUBBORN)}] });
        while (!stubborn.output().includes('ready')) await new Promise((resolve) => setTimeout(resolve, 10));
        console.log(JSON.stringify([gentle.pid, stubborn.pid]));
        ${ending}
      })();`;
    const parent = spawn(process.execPath, ['-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    return { parent: parent.pid ?? 0, children: JSON.parse(String(line)) as number[] };
  }

  test('by SIGKILL, its children are gone within three seconds', async () => {
    const { parent, children } = await startFamily('');
    expect(children.map(isGone)).toEqual([false, false]);

    process.kill(parent, 'SIGKILL');

    await until(() => children.every(isGone), {
      timeoutMs: 3_000,
      what: 'the end of all children',
    });
  });

  test('by its own exit without any order, they are gone as well', async () => {
    const { children } = await startFamily('process.exit(1);');

    await until(() => children.every(isGone), {
      timeoutMs: 3_000,
      what: 'the end of all children',
    });
  });
});
