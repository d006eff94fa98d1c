/**
 * Fault points of a process under test. A file in `CRASH_FOLDER` named after a point arms it: `{ arrivals, signal }`. The
 * process stands still there until so many of its runs have arrived, then gives itself the signal, once.
 */
const { existsSync, readFileSync, renameSync } = require('node:fs');
const { join } = require('node:path');

const folder = process.env.CRASH_FOLDER;
const standing = new Map();

async function at(point) {
  const file = join(folder, point);
  if (!existsSync(file)) {
    return;
  }
  const { arrivals, signal } = JSON.parse(readFileSync(file, 'utf8'));
  const here = [...(standing.get(point) ?? [])];
  const passed = new Promise((resolve) => here.push(resolve));
  standing.set(point, here);
  if (here.length >= arrivals) {
    fire(point, file, signal);
  }
  await passed;
}

/** Past the signal only a process that was stopped and woken again goes on: then all do. */
function fire(point, file, signal) {
  renameSync(file, `${file}.fired`);
  process.kill(process.pid, signal);
  const released = standing.get(point) ?? [];
  standing.delete(point);
  setImmediate(() => released.forEach((go) => go()));
}

module.exports = { at };
