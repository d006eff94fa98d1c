import { markTaken } from '../store/callbacks';
import { listDueCallbacks, nextWake, type DueCallback } from '../store/backlog';
import { findEndpoint, type Endpoint } from '../store/endpoints';
import type { CallbackDeps } from './deps';
import { postCallback, type Posted } from './post';
import { gapMs } from './schedule';
import { settleFailure } from './settle-failure';

/** Posts what is due of an endpoint's backlog; `nextInMs`: when to come again; absent: nothing is left. */
export type CallbackDrain = (
  tenantId: string,
  endpointId: string,
) => Promise<{ readonly nextInMs?: number }>;

/** Callbacks of one batch at most, and how long a batch goes on taking new ones, in milliseconds. */
const BATCH_SIZE = 50;
const BATCH_MS = 10_000;

export function createDrain(deps: CallbackDeps): CallbackDrain {
  return async (tenantId, endpointId) => {
    const endpoint = await findEndpoint(deps.db, tenantId, endpointId);
    if (endpoint === undefined) {
      return {};
    }
    const faults = await postBatch(deps, endpoint);
    const probeInMs = faults === 0 ? undefined : gapMs(deps.schedule, faults);
    const nextInMs = await nextWake(deps.db, tenantId, endpointId, probeInMs);
    return nextInMs === undefined ? {} : { nextInMs };
  };
}

/**
 * Posts one after the other, in the order of commits. Stops at the endpoint's own fault: what follows would fare no
 * better. Answers how many such faults in a row it has shown.
 */
async function postBatch(deps: CallbackDeps, endpoint: Endpoint): Promise<number> {
  const due = await listDueCallbacks(deps.db, endpoint.tenantId, endpoint.id, {
    limit: endpoint.down ? 1 : BATCH_SIZE,
    anyTime: endpoint.down,
  });
  const endsAt = performance.now() + BATCH_MS;
  for (const callback of due) {
    if (performance.now() >= endsAt) {
      break;
    }
    const posted = await postOne(deps, endpoint, callback);
    if (posted.kind === 'failed' && posted.endpointFault) {
      return (await findEndpoint(deps.db, endpoint.tenantId, endpoint.id))?.failures ?? 1;
    }
  }
  return 0;
}

async function postOne(
  deps: CallbackDeps,
  endpoint: Endpoint,
  callback: DueCallback,
): Promise<Posted> {
  const posted: Posted =
    endpoint.state === 'disabled'
      ? { kind: 'failed', error: 'endpoint disabled', endpointFault: false, gone: true }
      : await postCallback(deps, endpoint, callback);
  if (posted.kind === 'taken') {
    await markTaken(deps.db, [callback.id]);
  } else {
    await settleFailure(deps, endpoint, callback, posted);
  }
  return posted;
}
