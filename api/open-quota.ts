import { DomainError } from '../domain/errors';
import type { Database } from '../store/database';
import { countRunning } from '../store/dispatches';

/** Refuses a tenant that has as many open dispatches as it may. */
export type RefuseBeyondQuota = (tenantId: string) => Promise<void>;

/** How long a count is believed, in milliseconds: a burst may pass the limit by what it sends in that time. */
const BELIEVED_MS = 1_000;
const RETRY_AFTER_SECONDS = 60;

/** `limit` 0: no limit. */
export function createOpenQuota(db: Database, limit: number): RefuseBeyondQuota {
  const counts = new Map<string, { readonly until: number; readonly count: Promise<number> }>();
  const countOf = (tenantId: string): Promise<number> => {
    const known = counts.get(tenantId);
    if (known !== undefined && known.until > performance.now()) {
      return known.count;
    }
    const count = countRunning(db, tenantId, limit);
    counts.set(tenantId, { until: performance.now() + BELIEVED_MS, count });
    count.catch(() => counts.delete(tenantId));
    return count;
  };
  return async (tenantId) => {
    if (limit > 0 && (await countOf(tenantId)) >= limit) {
      throw new DomainError('quota_exceeded', 'Too many open dispatches.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  };
}
