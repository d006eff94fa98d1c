/** Two ways to get the `temporal` binary: the SDK's own download, and a build with Go. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startChild, type Child, type Log } from './child-process';

const PROGRESS_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;

/**
 * The SDK downloads on the way to starting a server, so one is started and stopped at once. In a process of its own: the
 * SDK's runtime exists once per process and belongs to the worker.
 */
const DOWNLOAD_SCRIPT = `
  const [worker, downloadDir, version] = process.argv.slice(1);
  const { Runtime } = require(worker);
  const runtime = Runtime.instance();
  runtime
    .createEphemeralServer({
      type: 'dev-server',
      exe: { type: 'cached-download', downloadDir, version, ttl: 86_400_000, sdkName: 'sdk-typescript', sdkVersion: '' },
      namespace: 'default', ip: '127.0.0.1', port: null, uiPort: null, dbFilename: null, ui: false,
      log: { format: 'text', level: 'error' }, extraArgs: [],
    })
    .then((server) => runtime.shutdownEphemeralServer(server))
    .then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

/** The SDK's download, of exactly this version. */
export async function downloadTemporalCli(path: string, version: string, log: Log): Promise<void> {
  log(`Downloading the Temporal dev server ${version} …`);
  const folder = join(dirname(path), `download-${process.pid}-${randomBytes(3).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  try {
    const child = await startChild({
      name: "the SDK's download",
      command: process.execPath,
      args: ['-e', DOWNLOAD_SCRIPT, require.resolve('@temporalio/worker'), folder, `v${version}`],
    });
    await finish(child, { log, what: 'downloading', timeoutMs: DOWNLOAD_TIMEOUT_MS });
    await rename(join(folder, `temporal-v${version}`), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `go install` of exactly this version, by one process at a time. */
export async function buildTemporalCli(path: string, version: string, log: Log): Promise<void> {
  const unlock = await lockFor(path, log);
  const folder = join(dirname(path), `build-${process.pid}-${randomBytes(3).toString('hex')}`);
  try {
    if (await exists(path)) {
      return;
    }
    log(`Building the Temporal dev server ${version} with go install: once, some minutes …`);
    await mkdir(folder, { recursive: true });
    const child = await startChild({
      name: 'go install',
      command: 'go',
      args: ['install', '-ldflags', '-s -w', `github.com/temporalio/cli/cmd/temporal@v${version}`],
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-trimpath -buildvcs=false' },
      // Outside of any module, whose go.mod would have a say.
      cwd: folder,
    });
    await finish(child, { log, what: 'building' });
    await rename(join(folder, 'temporal'), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await unlock();
  }
}

interface Waiting {
  readonly log: Log;
  readonly what: string;
  readonly timeoutMs?: number;
}

/** Waits for the end of the child and tells every few seconds that it goes on. */
async function finish(child: Child, { log, what, timeoutMs }: Waiting): Promise<void> {
  const startedAt = Date.now();
  const seconds = (): number => Math.round((Date.now() - startedAt) / 1_000);
  const progress = setInterval(
    () => log(`  still ${what} the Temporal dev server: ${seconds()} s`),
    PROGRESS_MS,
  );
  const limit =
    timeoutMs === undefined ? undefined : setTimeout(() => void child.stop(), timeoutMs);
  const { code } = await child.exited.finally(() => {
    clearInterval(progress);
    clearTimeout(limit);
  });
  if (code !== 0) {
    const lastLines = child.output().trim().split('\n').slice(-3).join(' ');
    throw new Error(`${child.name} failed after ${seconds()} s: ${lastLines}`);
  }
}

/**
 * Holds `<path>.lock` until the returned function is called. A lock whose process is gone is taken over; should two do
 * so at once, both build, which is wasteful and does no harm: each has its own folder and the last rename wins.
 */
async function lockFor(path: string, log: Log): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  let toldAt = 0;
  for (;;) {
    const handle = await open(lock, 'wx').catch(() => undefined);
    if (handle) {
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(lock, { force: true });
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder && !isAlive(holder)) {
      await rm(lock, { force: true });
      continue;
    }
    if (Date.now() - toldAt >= PROGRESS_MS) {
      log(`  another process (${holder || '?'}) builds the Temporal dev server; waiting for it`);
      toldAt = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
