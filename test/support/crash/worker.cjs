/** The worker as `worker/main.ts` runs it, with fault points and, where a test plants them, bugs. */
const { join } = require('node:path');
const { plantWorkerBugs } = require('./planted.cjs');
const { at } = require('./points.cjs');
const { DIST, load, wrap } = require('./wrap.cjs');

/** How long the server believes that a dead worker still has its workflows, default 10 s: tests need not wait so long. */
const STICKY_MS = 1_000;

function forgetDeadWorkersSoon() {
  const { Worker } = require('@temporalio/worker');
  const create = Worker.create.bind(Worker);
  Worker.create = (options) => create({ ...options, stickyQueueScheduleToStartTimeout: STICKY_MS });
}

async function main() {
  plantWorkerBugs();
  forgetDeadWorkersSoon();
  wrap('callbacks/post', 'postCallback', (post) => async (...args) => {
    const posted = await post(...args);
    await at('callback.posted');
    return posted;
  });
  const config = load('runtime/config').loadConfig(process.env, ['worker']);
  const log = load('runtime/logger').createLogger({ name: 'worker', level: config.logLevel });
  load('runtime/temporal-worker').installTemporalRuntime({ log });
  const bundlePath = join(DIST, 'workflow-bundle.js');
  const worker = await load('worker/run-worker').runWorker({ config, log, bundlePath, at });
  const shutdown = load('runtime/shutdown').installShutdown({ log, phases: worker.phases });
  await worker.running.catch(async (err) => {
    log.error({ err }, 'worker failed');
    process.exitCode = 1;
    await shutdown.stop('worker failed');
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
