/** `npm run dev`: the whole product, long-lived, in the foreground; `-- --fresh` starts empty. */
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readableLine } from './readable-line';
import { findRunning, readSaved, removeStackJson, writeSaved, writeStackJson } from './saved-stack';
import { PORT_VARIABLES, startStack, type PartName, type Stack, type StackPorts } from './stack';

const FOLDER = '.dev';
const DEFAULT_PORTS: StackPorts = {
  api: 8080,
  postgres: 5433,
  temporal: 7233,
  temporalUi: 8233,
  simulator: 8090,
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } });
  const running = await findRunning(FOLDER);
  if (running !== undefined) {
    throw new Error(
      `It runs here already (process ${running}, see ${FOLDER}/stack.json). Stop that one first.`,
    );
  }
  if (values.fresh) {
    await rm(FOLDER, { recursive: true, force: true });
  }
  await removeStackJson(FOLDER);
  const known = await readSaved(FOLDER);
  const stack = await startStack({
    env: process.env,
    folder: FOLDER,
    ports: portsFrom(process.env),
    log: (line) => process.stdout.write(`${line}\n`),
    onLine,
    ...(known && { known }),
  });
  const { seeded, secretsKeys } = stack;
  await writeSaved(FOLDER, { seeded, secretsKeys });
  await writeStackJson(FOLDER, stack);
  process.stdout.write(`${inWords(stack)}\n`);
  const reason = await Promise.race([signal(), stack.fallen]);
  process.stdout.write(`\n${reason}: stopping everything\n`);
  await removeStackJson(FOLDER);
  await stack.stop();
  process.exitCode = isSignal(reason) ? 0 : 1;
}

function portsFrom(env: NodeJS.ProcessEnv): StackPorts {
  const ports = Object.entries(DEFAULT_PORTS).map(([name, fallback]) => {
    const variable = PORT_VARIABLES[name as keyof StackPorts];
    const port = Number(env[variable] ?? fallback);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new Error(`${variable} must be a port, 1 to 65535`);
    }
    return [name, port];
  });
  return Object.fromEntries(ports) as StackPorts;
}

function onLine(part: PartName, line: string): void {
  if (part === 'api' || part === 'worker') {
    process.stdout.write(`${part.padEnd(7)} ${readableLine(line)}\n`);
  }
}

function signal(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

function isSignal(reason: string): boolean {
  return reason === 'SIGINT' || reason === 'SIGTERM';
}

function inWords(stack: Stack): string {
  const { basic } = stack.seeded;
  return `
Everything runs.
  API            ${stack.apiUrl}
  Temporal UI    ${stack.temporal.uiUrl ?? 'your own server'}
  Simulator      ${stack.simulatorUrl}/ui   (callbacks arrive there)
  Postgres       ${stack.databaseUrl}
  Account key    ${basic.apiKey}   secret ${basic.apiSecret}
  All of this for tools: ${FOLDER}/stack.json

Send a failover dispatch:
  curl -u ${basic.apiKey}:${basic.apiSecret} -H 'content-type: application/json' ${stack.apiUrl}/v0.1/dispatch -d '
  {"template":"failover","workflow":[
    {"to":{"type":"viber_service_msg","number":"447700990200"},"from":{"type":"viber_service_msg","id":"1234"},
     "message":{"content":{"type":"text","text":"Hello"}},"failover":{"expiry_time":15,"condition_status":"delivered"}},
    {"to":{"type":"sms","number":"447700900001"},"from":{"type":"sms","number":"447700900000"},
     "message":{"content":{"type":"text","text":"Hello"}}}]}'

Ctrl-C stops everything.`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
