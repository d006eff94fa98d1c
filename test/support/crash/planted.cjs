/**
 * Bugs that a test plants, to show that the verifier finds them: each is active while a file of its name lies in
 * `CRASH_FOLDER`. They change the compiled modules of this process alone.
 */
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { randomUUID } = require('node:crypto');
const { wrap } = require('./wrap.cjs');

function isPlanted(name) {
  return existsSync(join(process.env.CRASH_FOLDER, `planted.${name}`));
}

const CLOSE_OPEN = {
  name: 'planted-close-open',
  text: `update attempts set state = 'superseded' where message_id = $1 and state in ('claimed', 'unknown')`,
};

function plantWorkerBugs() {
  // No fence: an open attempt of a dead run keeps nobody from sending again.
  wrap('store/attempts', 'findSendContext', (find) => async (...args) => {
    const context = await find(...args);
    return isPlanted('no-fence') && context !== undefined
      ? { ...context, attempts: context.attempts.map((one) => ({ ...one, state: 'superseded' })) }
      : context;
  });
  wrap('store/attempts', 'claimAttempt', (claim) => async (db, wanted, compose) => {
    if (isPlanted('no-fence')) {
      await db.rows(CLOSE_OPEN, [wanted.messageId]);
    }
    return claim(db, wanted, compose);
  });
  // Another webhook-id for every post of the same callback.
  wrap(
    'callbacks/post',
    'postCallback',
    (post) => (deps, endpoint, callback) =>
      post(
        deps,
        endpoint,
        isPlanted('new-webhook-id') ? { ...callback, id: randomUUID() } : callback,
      ),
  );
}

function plantApiBugs() {
  wrap('store/record-receipt', 'recordReceipt', (record) => (db, receipt, compose) => {
    // Answered before it is committed: what dies in between is lost.
    if (isPlanted('early-answer')) {
      setTimeout(() => void record(db, receipt, compose).catch(() => undefined), 60_000);
      return Promise.resolve({ state: 'applied', posts: [] });
    }
    const dedupeKey = isPlanted('no-dedupe') ? `hash:${randomUUID()}` : receipt.dedupeKey;
    return record(db, { ...receipt, dedupeKey }, compose);
  });
  // Answers 202 without waiting for Temporal.
  wrap('api/workflow-starter', 'createStartDispatch', (create) => (...args) => {
    const start = create(...args);
    return async (dispatch) => (isPlanted('no-start') ? undefined : start(dispatch));
  });
}

module.exports = { plantApiBugs, plantWorkerBugs };
