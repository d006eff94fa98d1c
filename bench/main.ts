/**
 * `npm run bench`: the product beside a bare Temporal workflow of the same shape, under the same loads, on embedded
 * parts. Prints tables; the ratios are what counts, because a machine that does other things changes every figure.
 * `-- --quick` takes about three minutes; `-- --write` puts the tables into `docs/performance.md`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startArena } from './contenders';
import { FULL, measure, QUICK } from './plan';
import { tables } from './print';
import { requirementsTable } from './requirements';

const DOCUMENT = join(process.cwd(), 'docs', 'performance.md');
const BEGIN = '<!-- npm run bench -->';
const END = '<!-- end of npm run bench -->';

async function main(): Promise<void> {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { quick: flag, write: flag } });
  const begunAt = performance.now();
  const arena = await startArena(note);
  const stopped = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(new Error('interrupted'));
    process.once('SIGINT', stop).once('SIGTERM', stop);
  });
  const fallen = arena.stack.fallen.then((part) => {
    throw new Error(`${part} has ended:\n${arena.stack.parts[part]?.output() ?? ''}`);
  });
  try {
    const measuring = measure(arena, values.quick ? QUICK : FULL, note);
    const results = await Promise.race([measuring, stopped, fallen]);
    const minutes = ((performance.now() - begunAt) / 60_000).toFixed(1);
    const text = `${tables(results)}\n\n${requirementsTable(results)}`;
    say(`\n${text}\n\nTook ${minutes} minutes.`);
    if (values.write) {
      await writeDown(text);
    }
  } finally {
    await arena.stop();
  }
}

/** Replaces what stands between the marks. */
async function writeDown(text: string): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8');
  const [before = ''] = document.split(BEGIN);
  const [, after = ''] = document.split(END);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Progress goes where it does not mix with the tables. */
function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
