/**
 * Runs a script and starts it again whenever it dies, as a platform does. `<role>.pid` in `CRASH_FOLDER` names the
 * running process. SIGUSR2 starts one more beside it. At SIGTERM, which the whole group gets, nothing is started again.
 */
const { spawn } = require('node:child_process');
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** Between a death and the next start, in milliseconds. */
const PAUSE_MS = 100;

function supervise(role) {
  const living = new Set();
  let isStopping = false;
  const start = () => {
    const child = spawn(process.execPath, [join(__dirname, `${role}.cjs`)], { stdio: 'inherit' });
    living.add(child);
    writeWhole(join(process.env.CRASH_FOLDER, `${role}.pid`), String(child.pid));
    child.once('exit', () => {
      living.delete(child);
      if (isStopping && living.size === 0) {
        process.exit(0);
      }
      if (!isStopping) {
        setTimeout(() => isStopping || start(), PAUSE_MS);
      }
    });
  };
  const stop = () => {
    isStopping = true;
    if (living.size === 0) {
      process.exit(0);
    }
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGUSR2', start);
  start();
}

/** Readers see the old text or the new one, never half of it. */
function writeWhole(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

module.exports = { supervise };
