import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readableLine } from '../../dev/readable-line';
import { findRunning, removeStackJson } from '../../dev/saved-stack';

/** Above the largest process id that Linux gives out. */
const NOBODY = 5_000_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saved-stack-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function writePids(pids: Record<string, number>): Promise<void> {
  return writeFile(join(folder, 'stack.json'), JSON.stringify({ pids }));
}

describe('findRunning', () => {
  it('names the API of a stack whose processes all live', async () => {
    await writePids({ worker: process.ppid, api: process.pid });

    expect(await findRunning(folder)).toBe(process.pid);
  });

  it('takes a stack with a dead process for one that was killed', async () => {
    await writePids({ worker: NOBODY, api: process.pid });

    expect(await findRunning(folder)).toBeUndefined();
  });

  it('finds nothing where nothing was started or it was stopped', async () => {
    expect(await findRunning(folder)).toBeUndefined();
    await writePids({ api: process.pid });
    await removeStackJson(folder);

    expect(await findRunning(folder)).toBeUndefined();
    await expect(stat(join(folder, 'stack.json'))).rejects.toThrow('ENOENT');
  });
});

describe('readableLine', () => {
  it('tells level, message and fields on one line, without the process', () => {
    const line = readableLine(
      JSON.stringify({
        level: 'warn',
        time: 0,
        pid: 7,
        name: 'api',
        port: 8080,
        msg: 'API listens',
      }),
    );

    expect(line).toMatch(/^\[[\d:.]+\] WARN: API listens \{"port":8080\}$/);
  });

  it('leaves what is not a log line as it is', () => {
    expect(readableLine('Error: no such file')).toBe('Error: no such file');
  });
});
