/**
 * `npm test`: builds when the build is missing or older than the sources, runs jest with the arguments given, and ends
 * with one line that counts the tests.
 */
const { spawnSync } = require('node:child_process');
const {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');
/** Written after a build that succeeded: a failed one leaves fresh files in `dist` too. */
const MARKER = join(ROOT, 'dist', '.built');
const NOT_SOURCES = new Set(['dist', 'node_modules', 'test', 'docs', 'scripts']);

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The newest change below a folder; a folder's own time also shows what was removed from it. */
function newestIn(folder) {
  let newest = modifiedAt(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : modifiedAt(path));
  }
  return newest;
}

function newestSource() {
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .filter((entry) => !NOT_SOURCES.has(entry.name));
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  return Math.max(
    ...folders.map((folder) => newestIn(join(ROOT, folder.name))),
    ...files.map((file) => modifiedAt(join(ROOT, file))),
  );
}

/** Runs a command in our terminal; its exit code, 1 when a signal ended it. */
function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (result.error) {
    console.error(result.error.message);
  }
  return result.status ?? 1;
}

function buildIfStale() {
  if (modifiedAt(MARKER) > newestSource()) {
    return 0;
  }
  const code = run('npm', ['run', '--silent', 'build']);
  if (code === 0) {
    writeFileSync(MARKER, '');
  }
  return code;
}

/** Nothing written means that the run broke before its first test: that is one failure. */
function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'failover-dispatch-test-'));
  const file = join(folder, 'summary.json');
  try {
    const code =
      buildIfStale() ||
      run(process.execPath, [require.resolve('jest/bin/jest'), ...process.argv.slice(2)], {
        TEST_SUMMARY_FILE: file,
      });
    const { passed, failed, skipped } = readSummary(file);
    process.exitCode = code;
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// The terminal's Ctrl-C reaches jest as well: wait for it to stop its servers, then end with its exit code.
process.on('SIGINT', () => undefined);
main();
