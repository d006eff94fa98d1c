import type { PendingCallback } from '../store/callbacks';
import { disableEndpoint, handOverCallback, type Endpoint } from '../store/endpoints';
import type { CallbackDeps } from './deps';
import type { Posted } from './post';
import { nextTryInMs } from './schedule';

/** Notes a post that was not taken and puts the callback on its schedule. Answers whether the endpoint must be woken. */
export async function settleFailure(
  deps: CallbackDeps,
  endpoint: Endpoint,
  callback: PendingCallback & { readonly failures: number; readonly ageMs: number },
  failed: Extract<Posted, { kind: 'failed' }>,
): Promise<{ wake: boolean }> {
  const retryInMs = failed.gone
    ? undefined
    : nextTryInMs(
        deps.schedule,
        {
          failures: callback.failures + 1,
          ageMs: callback.ageMs,
          ...(failed.retryAfterMs === undefined ? {} : { retryAfterMs: failed.retryAfterMs }),
        },
        Math.random(),
      );
  const { id, endpointId } = callback;
  deps.log.info(
    { callbackId: id, endpointId, error: failed.error, retryInMs },
    'callback not taken',
  );
  if (failed.gone) {
    await disableEndpoint(deps.db, endpoint.tenantId, endpoint.id);
    deps.log.warn({ endpointId }, 'endpoint answered 410 Gone: disabled');
  }
  return handOverCallback(deps.db, callback, {
    callbackId: id,
    error: failed.error,
    endpointFault: failed.endpointFault,
    ...(failed.httpStatus === undefined ? {} : { httpStatus: failed.httpStatus }),
    ...(retryInMs === undefined ? {} : { retryInMs }),
  });
}
