import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findTemporalCli, type Installer } from '../../dev/temporal-cli';
import { buildTemporalCli } from '../../dev/temporal-install';

let folder: string;
let cached: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-test-'));
  cached = join(folder, 'cache/failover-dispatch/temporal-1.5.1/temporal');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function binary(path: string, script = 'exit 0'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const puts =
  (script: string): Installer =>
  async (path) =>
    void (await binary(path, script));
const fails =
  (why: string): Installer =>
  async () => {
    throw new Error(why);
  };

/** Only the folders of the test; `sh` has an absolute path. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: [join(folder, 'empty'), join(folder, 'bin')].join(delimiter),
    XDG_CACHE_HOME: join(folder, 'cache'),
    ...more,
  };
}

describe('findTemporalCli', () => {
  test('takes TEMPORAL_CLI_PATH before everything else', async () => {
    const given = await binary(join(folder, 'given'));
    await binary(join(folder, 'bin/temporal'));
    await binary(cached);

    const found = await findTemporalCli({ env: environment({ TEMPORAL_CLI_PATH: given }) });

    expect(found).toBe(given);
  });

  test('takes `temporal` on PATH before the cache', async () => {
    const onPath = await binary(join(folder, 'bin/temporal'));
    await binary(cached);

    await expect(findTemporalCli({ env: environment() })).resolves.toBe(onPath);
  });

  test('takes the cache before installing', async () => {
    await binary(cached);

    const found = await findTemporalCli({ env: environment(), installers: [fails('not asked')] });

    expect(found).toBe(cached);
  });

  test('keeps the cache in the home folder when XDG_CACHE_HOME is not set', async () => {
    const home = join(folder, 'home');
    const inHome = await binary(join(home, '.cache/failover-dispatch/temporal-1.5.1/temporal'));

    const found = await findTemporalCli({
      env: environment({ XDG_CACHE_HOME: undefined, HOME: home }),
    });

    expect(found).toBe(inHome);
  });

  test('tries the installers in order until one gives a binary that runs', async () => {
    const installers = [fails('offline'), puts('exit 1'), puts('exit 0'), fails('not asked')];

    await expect(findTemporalCli({ env: environment(), installers })).resolves.toBe(cached);
  });

  test('passes over binaries that do not run', async () => {
    await binary(join(folder, 'bin/temporal'), 'exit 1');
    await binary(cached, 'exit 1');

    const found = await findTemporalCli({ env: environment(), installers: [puts('exit 0')] });

    expect(found).toBe(cached);
  });

  test('does not look elsewhere when TEMPORAL_CLI_PATH is wrong', async () => {
    await binary(join(folder, 'bin/temporal'));

    const found = findTemporalCli({ env: environment({ TEMPORAL_CLI_PATH: '/no/such/file' }) });

    await expect(found).rejects.toThrow(/TEMPORAL_CLI_PATH names \/no\/such\/file/);
  });

  test('names every way to get a server when none worked', async () => {
    const installers = [fails('no internet here'), fails('no go here')];

    const found = findTemporalCli({ env: environment(), installers });

    const message = await found.catch((error: Error) => error.message);
    for (const part of [
      'no internet here',
      'no go here',
      'TEMPORAL_ADDRESS',
      'TEMPORAL_CLI_PATH',
      'PATH',
      'temporal.download',
      'go install',
    ]) {
      expect(message).toContain(part);
    }
  });
});

describe('buildTemporalCli', () => {
  const path = process.env.PATH;
  let log: string[];
  beforeEach(() => {
    log = [];
    process.env.PATH = `${join(folder, 'bin')}${delimiter}${path}`;
  });
  afterEach(() => {
    process.env.PATH = path;
  });

  /** A `go` that notes how it was called and takes a moment. */
  const fakeGo = (): Promise<string> =>
    binary(
      join(folder, 'bin/go'),
      `echo "$GOFLAGS $*" >> "${folder}/calls"; sleep 0.5; printf '#!/bin/sh\\n' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`,
    );

  test('builds exactly this version, small and without machine paths', async () => {
    await fakeGo();
    await mkdir(dirname(cached), { recursive: true });

    await buildTemporalCli(cached, '1.5.1', (line) => log.push(line));

    await expect(readFile(join(folder, 'calls'), 'utf8')).resolves.toBe(
      '-trimpath -buildvcs=false install -ldflags -s -w github.com/temporalio/cli/cmd/temporal@v1.5.1\n',
    );
    await expect(readdir(dirname(cached))).resolves.toEqual(['temporal']);
    expect(log[0]).toMatch(/^Building the Temporal dev server 1\.5\.1/);
  });

  test('builds once when two ask at the same time', async () => {
    await fakeGo();
    await mkdir(dirname(cached), { recursive: true });
    const build = (): Promise<void> => buildTemporalCli(cached, '1.5.1', (line) => log.push(line));

    await Promise.all([build(), build()]);

    const calls = await readFile(join(folder, 'calls'), 'utf8');
    expect(calls.trim().split('\n')).toHaveLength(1);
    expect(log.join('\n')).toContain('waiting for it');
  });

  test('takes over the lock of a process that is gone', async () => {
    await fakeGo();
    await mkdir(dirname(cached), { recursive: true });
    await writeFile(`${cached}.lock`, '2147483646');

    await buildTemporalCli(cached, '1.5.1', (line) => log.push(line));

    await expect(readdir(dirname(cached))).resolves.toEqual(['temporal']);
  });

  test('tells what go said when it fails, and leaves nothing', async () => {
    await binary(join(folder, 'bin/go'), 'echo "go: no such host" >&2; exit 1');
    await mkdir(dirname(cached), { recursive: true });

    const built = buildTemporalCli(cached, '1.5.1', (line) => log.push(line));

    await expect(built).rejects.toThrow(/^go install failed after 0 s: go: no such host$/);
    await expect(readdir(dirname(cached))).resolves.toEqual([]);
  });
});
