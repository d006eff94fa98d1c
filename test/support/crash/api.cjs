/** The API as `api/main.ts` runs it, with fault points and, where a test plants them, bugs. */
const { plantApiBugs } = require('./planted.cjs');
const { at } = require('./points.cjs');
const { load, wrap } = require('./wrap.cjs');

async function main() {
  wrap('store/record-receipt', 'recordReceipt', (record) => async (...args) => {
    const recorded = await record(...args);
    await at('receipt.committed');
    return recorded;
  });
  plantApiBugs();
  const config = load('runtime/config').loadConfig(process.env, ['api']);
  const log = load('runtime/logger').createLogger({ name: 'api', level: config.logLevel });
  const api = await load('api/run-api').runApi({ config, log, at });
  load('runtime/shutdown').installShutdown({ log, phases: api.phases });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
