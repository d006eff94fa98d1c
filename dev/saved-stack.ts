/** What a development stack keeps under `.dev/` between runs, and what it tells tools while it runs. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Seeded } from './seed';
import type { Stack } from './stack';

/** Plain credentials of development: worth nothing anywhere else. */
export interface Saved {
  readonly seeded: Seeded;
  readonly secretsKeys: string;
}

const CREDENTIALS = 'credentials.json';
const STACK = 'stack.json';
const PRIVATE_KEY = 'application.pem';
/** Only the user may read what holds credentials. */
const PRIVATE = { mode: 0o600 };

export async function readSaved(folder: string): Promise<Saved | undefined> {
  const file = join(folder, CREDENTIALS);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Saved) : undefined;
}

export async function writeSaved(folder: string, saved: Saved): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, CREDENTIALS), `${JSON.stringify(saved, null, 2)}\n`, PRIVATE);
  await writeFile(join(folder, PRIVATE_KEY), saved.seeded.application.privateKey, PRIVATE);
}

/** The form that tools rely on. */
function stackJson(stack: Stack, folder: string): object {
  const { seeded } = stack;
  return {
    apiUrl: stack.apiUrl,
    databaseUrl: stack.databaseUrl,
    temporal: stack.temporal,
    simulatorUrl: stack.simulatorUrl,
    pids: stack.pids,
    tenantId: seeded.tenantId,
    basic: seeded.basic,
    application: {
      id: seeded.application.id,
      privateKeyFile: join(folder, PRIVATE_KEY),
      signatureSecret: seeded.application.signatureSecret,
    },
    token: seeded.token,
    platformToken: seeded.platformToken,
  };
}

export async function writeStackJson(folder: string, stack: Stack): Promise<void> {
  const text = JSON.stringify(stackJson(stack, folder), null, 2);
  await writeFile(join(folder, STACK), `${text}\n`, PRIVATE);
}

/** The API's process where a whole stack runs in this folder now; a single number may long be somebody else's. */
export async function findRunning(folder: string): Promise<number | undefined> {
  const file = join(folder, STACK);
  if (!existsSync(file)) {
    return undefined;
  }
  const { pids } = JSON.parse(await readFile(file, 'utf8')) as { pids: Record<string, number> };
  return Object.values(pids).every(isAlive) ? pids.api : undefined;
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 asks only whether there is such a process.
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function removeStackJson(folder: string): Promise<void> {
  await rm(join(folder, STACK), { force: true });
}
