import { createBatch } from '../store/batch';
import { markTaken, type PendingCallback } from '../store/callbacks';
import { findEndpoint, handOverCallback, type Endpoint } from '../store/endpoints';
import type { CallbackDeps } from './deps';
import { postCallback } from './post';
import { settleFailure } from './settle-failure';

/** Posts callbacks once, right after they are committed, in the process that wrote them. Nobody waits for it. */
export interface Poster {
  offer(callbacks: readonly PendingCallback[]): void;
  /** Takes nothing more; ends when what is under way is settled. */
  close(): Promise<void>;
}

export interface PosterLimits {
  /** Posts in flight at most, default 64. */
  readonly inFlight: number;
  /** Posts in flight per host at most, default 10. */
  readonly perHost: number;
}

/** How long an endpoint's URL and health are believed, in milliseconds. */
const BELIEVED_MS = 1_000;

export function createPoster(deps: CallbackDeps, limits: PosterLimits): Poster {
  const underWay = new Set<Promise<void>>();
  const postNow = createPostNow(deps, limits);
  let closed = false;

  const start = (callback: PendingCallback): void => {
    const room = !closed && underWay.size < limits.inFlight;
    const work = (room ? postNow.post(callback) : defer(deps, callback)).catch((err: unknown) => {
      const { id: callbackId } = callback;
      deps.log.warn({ err, callbackId }, 'callback not posted: tried again after its lease');
    });
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };

  return {
    offer: (callbacks) => callbacks.forEach(start),
    close: async () => {
      closed = true;
      await Promise.all(underWay);
      await postNow.close();
    },
  };
}

interface PostNow {
  post(callback: PendingCallback): Promise<void>;
  close(): Promise<void>;
}

function createPostNow(deps: CallbackDeps, limits: PosterLimits): PostNow {
  const endpointOf = createEndpointMemory(deps);
  const taken = createBatch<string>({
    write: (ids) => markTaken(deps.db, ids),
    onLost: (err, count) =>
      deps.log.warn({ err, count }, 'posted callbacks could not be noted: they are posted again'),
  });
  const perHost = new Map<string, number>();
  const post = async (callback: PendingCallback): Promise<void> => {
    const endpoint = await endpointOf(callback);
    // A down endpoint is probed by its workflow alone; the row joins its backlog when this lease is over.
    if (endpoint === undefined || endpoint.down || endpoint.state === 'disabled') {
      return;
    }
    const host = hostOf(endpoint.url);
    const busy = perHost.get(host) ?? 0;
    if (busy >= limits.perHost) {
      return defer(deps, callback);
    }
    perHost.set(host, busy + 1);
    try {
      if (await postOnce(deps, endpoint, callback)) {
        taken.add(callback.id);
      }
    } finally {
      perHost.set(host, (perHost.get(host) ?? 1) - 1);
    }
  };
  return { post, close: () => taken.close() };
}

/** Whether it was taken; else it is put on its schedule. */
async function postOnce(
  deps: CallbackDeps,
  endpoint: Endpoint,
  callback: PendingCallback,
): Promise<boolean> {
  const posted = await postCallback(deps, endpoint, callback);
  if (posted.kind === 'taken') {
    return true;
  }
  const fresh = { ...callback, failures: 0, ageMs: 0 };
  await wakeIf(deps, callback, await settleFailure(deps, endpoint, fresh, posted));
  return false;
}

function createEndpointMemory(
  deps: CallbackDeps,
): (callback: PendingCallback) => Promise<Endpoint | undefined> {
  const known = new Map<string, { until: number; found: Promise<Endpoint | undefined> }>();
  return ({ tenantId, endpointId }) => {
    const remembered = known.get(endpointId);
    if (remembered !== undefined && remembered.until > performance.now()) {
      return remembered.found;
    }
    const found = findEndpoint(deps.db, tenantId, endpointId);
    known.set(endpointId, { until: performance.now() + BELIEVED_MS, found });
    found.catch(() => known.delete(endpointId));
    return found;
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** No room here and now: the callback workflow takes it. */
async function defer(deps: CallbackDeps, callback: PendingCallback): Promise<void> {
  await wakeIf(deps, callback, await handOverCallback(deps.db, callback));
}

async function wakeIf(
  deps: CallbackDeps,
  { tenantId, endpointId }: PendingCallback,
  { wake }: { wake: boolean },
): Promise<void> {
  if (wake) {
    await deps.wake({ tenantId, endpointId });
  }
}
