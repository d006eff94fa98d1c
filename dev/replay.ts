/**
 * `npm run replay -- <file-or-folder>…`: whether exported workflow histories would go the same way in this build. Takes
 * what the Web UI downloads and what `temporal workflow show --output json` prints. Needs no server. Exit 0 when every
 * history replays, 1 when one does not or cannot be read, 2 when none was named.
 */
import { join, relative } from 'node:path';
import {
  findHistoryFiles,
  readHistory,
  replayHistories,
  silenceLibrary,
  type NamedHistory,
} from './replay-histories';

const BUNDLE_PATH = join(__dirname, '..', 'workflow-bundle.js');
const USAGE = 'usage: npm run replay -- <file-or-folder>…\n';
const USAGE_EXIT_CODE = 2;

async function main(paths: readonly string[]): Promise<number> {
  const files = await findHistoryFiles(paths);
  if (files.length === 0) {
    process.stderr.write(paths.length === 0 ? USAGE : `no history in ${paths.join(', ')}\n`);
    return USAGE_EXIT_CODE;
  }
  silenceLibrary();
  const { histories, unreadable } = await readAll(files);
  const failed = unreadable + (await replayAll(histories));
  say(`\n${files.length - failed} of ${files.length} histories replay`);
  return failed === 0 ? 0 : 1;
}

async function readAll(
  files: readonly string[],
): Promise<{ histories: NamedHistory[]; unreadable: number }> {
  const histories: NamedHistory[] = [];
  for (const file of files) {
    try {
      histories.push(await readHistory(file));
    } catch (error) {
      tellFailure(file, `not a history: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { histories, unreadable: files.length - histories.length };
}

async function replayAll(histories: readonly NamedHistory[]): Promise<number> {
  const options = { workflowBundle: { codePath: BUNDLE_PATH } };
  const events = new Map(histories.map(({ name, history }) => [name, history.events?.length ?? 0]));
  let failed = 0;
  for await (const { name, mismatch } of replayHistories(options, histories)) {
    if (mismatch === undefined) {
      say(`ok    ${shown(name)} (${events.get(name)} events)`);
    } else {
      failed += 1;
      tellFailure(name, mismatch);
    }
  }
  return failed;
}

function tellFailure(name: string, reason: string): void {
  say(`FAIL  ${shown(name)}\n      ${reason.trim().replaceAll('\n', '\n      ')}`);
}

function shown(file: string): string {
  return relative(process.cwd(), file);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
