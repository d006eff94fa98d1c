/** The data folder of the embedded Postgres: made whole or not at all, and cleared of what a killed run left. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startChild } from './child-process';
import type { OsUser } from './postgres-binaries';

const THROW_AWAY_PREFIX = 'failover-dispatch-postgres-data-';
/** Beside the files of Postgres, which ignores it. */
const PASSWORD_FILE = 'superuser-password';
/** Encoding and order that need nothing from the operating system. */
const LOCALE = [
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

export interface DataFolder {
  readonly binDir: string;
  readonly dataDir: string;
  readonly user: OsUser | undefined;
}

/** Makes the folder if it is not there yet, and returns the superuser's password. */
export async function prepareDataFolder(folder: DataFolder): Promise<string> {
  if (!(await exists(join(folder.dataDir, 'PG_VERSION')))) {
    await initialise(folder);
  }
  await removeStalePidFile(folder.dataDir);
  return readFile(join(folder.dataDir, PASSWORD_FILE), 'utf8');
}

/** Under another name first: a run killed in the middle leaves nothing that looks finished. */
async function initialise({ binDir, dataDir, user }: DataFolder): Promise<void> {
  const fresh = `${dataDir}.${process.pid}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  const passwordFile = join(dirname(fresh), `.${basename(fresh)}.password`);
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (user) {
      await Promise.all([fresh, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    }
    await runInitdb({ binDir, dataDir: fresh, user }, passwordFile);
    await rename(passwordFile, join(fresh, PASSWORD_FILE));
    await rename(fresh, dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

async function runInitdb(
  { binDir, dataDir, user }: DataFolder,
  passwordFile: string,
): Promise<void> {
  const initdb = await startChild({
    name: 'initdb',
    command: join(binDir, 'initdb'),
    args: [
      '-D',
      dataDir,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      ...LOCALE,
    ],
    // Postgres may not read the folder we stand in.
    cwd: '/',
    ...(user ? { owner: user } : {}),
  });
  const { code } = await initdb.exited;
  if (code !== 0) {
    throw new Error(`initdb failed:\n${initdb.output()}`);
  }
}

/**
 * Postgres refuses to start while the number in `postmaster.pid` belongs to any living process. After a kill or a
 * reboot that can be a stranger; a real Postgres is left alone.
 */
async function removeStalePidFile(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) {
    return;
  }
  if (/postgres/.test(await commandOf(pid))) {
    throw new Error(`Postgres (process ${pid}) already runs on ${dataDir}. Stop it first.`);
  }
  await rm(file, { force: true });
}

/** The name of a living process's program; empty when there is none, or only its exit waits to be read. */
async function commandOf(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', [
    '-o',
    'stat=,comm=',
    '-p',
    String(pid),
  ]).catch(() => ({ stdout: '' }));
  return stdout.trim().startsWith('Z') ? '' : stdout;
}

/** A new folder in the system's place for temporary files; first removes those of processes that are gone. */
export async function throwAwayFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(THROW_AWAY_PREFIX) && Number(name.split('-').at(-2));
    if (owner && !isAlive(owner)) {
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
  const folder = await mkdtemp(join(tmpdir(), `${THROW_AWAY_PREFIX}${process.pid}-`));
  return folder;
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
