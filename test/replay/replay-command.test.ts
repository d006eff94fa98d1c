import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HISTORIES } from './corpus';

const COMMAND = join(process.cwd(), 'dist', 'dev', 'replay.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what `npm run replay` runs. */
function run(...paths: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...paths], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe('npm run replay', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-histories-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const copy = async (name: string, change: (text: string) => string): Promise<string> => {
    const file = join(folder, `${name}.json`);
    await writeFile(file, change(await readFile(join(HISTORIES, `${name}.json`), 'utf8')));
    return file;
  };

  it('replays every history of a folder and ends with 0', async () => {
    await cp(join(HISTORIES, 'met-at-once.json'), join(folder, 'one', 'a.json'));
    await cp(join(HISTORIES, 'five-steps.json'), join(folder, 'b.json'));

    const { code, stdout, stderr } = await run(folder);

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ok {4}.*a\.json \(\d+ events\)$/m);
    expect(stdout).toMatch(/^ok {4}.*b\.json \(\d+ events\)$/m);
    expect(stdout).toContain('2 of 2 histories replay');
    expect(code).toBe(0);
  });

  it('names the first mismatch of a history, goes on with the next, and ends with 1', async () => {
    const broken = await copy('met-at-once', (text) =>
      text.replaceAll('sendMessage', 'sendLetter'),
    );

    const { code, stdout } = await run(broken, join(HISTORIES, 'rejected.json'));

    expect(stdout).toMatch(/^FAIL {2}.*met-at-once\.json\n {6}.*sendLetter.*sendMessage/m);
    expect(stdout).toMatch(/^ok {4}.*rejected\.json/m);
    expect(stdout).toContain('1 of 2 histories replay');
    expect(code).toBe(1);
  });

  it('takes a bare list of events too', async () => {
    const list = await copy('rejected', (text) => JSON.stringify(JSON.parse(text).events));

    expect(await run(list)).toMatchObject({ code: 0, stderr: '' });
  });

  it('says of a history with decoded payloads that it must be exported without decoding', async () => {
    const plain = await copy('rejected', (text) =>
      JSON.stringify(JSON.parse(text), (key, value: unknown) =>
        key === 'payloads' ? [{ tenantId: 'some tenant' }] : value,
      ),
    );

    const { code, stdout } = await run(plain);

    expect(stdout).toContain('export it again without decoding');
    expect(code).toBe(1);
  });

  it.each([
    ['no JSON', '{'],
    ['another document', '{"hello": 1}'],
    ['no events', '{"events": []}'],
  ])('fails a file with %s as no history', async (_, text) => {
    const file = join(folder, 'a.json');
    await writeFile(file, text);

    const { code, stdout } = await run(file);

    expect(stdout).toMatch(/^FAIL {2}.*a\.json\n {6}not a history: /m);
    expect(code).toBe(1);
  });

  it('explains itself when nothing is named, and when a folder holds nothing', async () => {
    const nothing = await run();
    const empty = await run(folder);

    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') });
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('no history in') });
  });

  it('fails on a path that does not exist', async () => {
    const { code, stderr } = await run(join(folder, 'missing'));

    expect(stderr).toContain('missing');
    expect(code).toBe(1);
  });
});
