import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from '../runtime/logger';
import type { PendingCallback } from '../store/callbacks';
import type { Database } from '../store/database';
import { cancelUnconfirmed, listRunning, listUnclaimed } from '../store/dispatches';
import { finishDispatch, type Compose } from '../store/finish';
import { dropUnansweredKey, forgetIdempotencyKeys } from '../store/idempotency-keys';
import { dispatchWorkflowId } from '../workflows/ids';

export interface AcceptSweeperDeps {
  readonly db: Database;
  readonly client: Client;
  readonly compose: Compose;
  readonly poster: { offer(callbacks: readonly PendingCallback[]): void };
  readonly log: Logger;
}

/** Age in seconds at which an accept that was never claimed is looked at: well past the accept's own ten. */
const UNCLAIMED_AFTER_SECONDS = 30;
const DESCRIBE_DEADLINE_MS = 2_000;
const KEYS_PER_ROUND = 1_000;

/**
 * Takes back accepts that Temporal never heard of: the process died between its commit and its start. What a caller's
 * key still holds stays, because a retry with the key starts it.
 */
export async function sweepAccepts(deps: AcceptSweeperDeps): Promise<void> {
  for (const { tenantId, dispatchId } of await listUnclaimed(deps.db, UNCLAIMED_AFTER_SECONDS)) {
    if ((await stateOf(deps.client, dispatchId)) !== 'unknown') {
      continue;
    }
    const canceled = await takeBack(deps.db, tenantId, dispatchId);
    if (canceled) {
      deps.log.warn({ dispatchId }, 'accept taken back: its start was never confirmed');
    }
  }
  await forgetIdempotencyKeys(deps.db, KEYS_PER_ROUND);
}

/** Key and dispatch, or neither: one that was claimed meanwhile keeps its key, else a retry would make a second one. */
async function takeBack(db: Database, tenantId: string, dispatchId: string): Promise<boolean> {
  return db
    .transaction(async (tx) => {
      const isFree = await dropUnansweredKey(tx, tenantId, dispatchId);
      if (!isFree || !(await cancelUnconfirmed(tx, tenantId, dispatchId))) {
        throw new StillWanted();
      }
      return true;
    })
    .catch((error: unknown) => {
      if (error instanceof StillWanted) {
        return false;
      }
      throw error;
    });
}

/** Rolls the transaction back: the accept stands. */
class StillWanted extends Error {}

/** Where the last round over the running dispatches stopped. */
export interface GoneCursor {
  after: string;
}

/**
 * Ends dispatches whose workflow was terminated or is gone: an operator stopped it, or its namespace lost it. Goes round
 * the running dispatches, a batch at a time.
 */
export async function sweepGoneWorkflows(
  deps: AcceptSweeperDeps,
  cursor: GoneCursor,
): Promise<void> {
  const running = await listRunning(deps.db, UNCLAIMED_AFTER_SECONDS * 2, cursor.after);
  cursor.after = running.at(-1)?.dispatchId ?? '';
  for (const { tenantId, dispatchId, position } of running) {
    const state = await stateOf(deps.client, dispatchId);
    if (state === 'open' || (state === 'unknown' && position < 0)) {
      continue;
    }
    const { end, posts } = await finishDispatch(
      deps.db,
      {
        tenantId,
        dispatchId,
        status: 'error',
        cause: 'workflow_gone',
        position: Math.max(0, position),
        steps: [],
      },
      deps.compose,
    );
    deps.poster.offer(posts);
    deps.log.warn({ dispatchId, ...end }, 'dispatch ended: its workflow is gone');
  }
}

async function stateOf(client: Client, dispatchId: string): Promise<'open' | 'closed' | 'unknown'> {
  try {
    const { status } = await client.withDeadline(Date.now() + DESCRIBE_DEADLINE_MS, () =>
      client.workflow.getHandle(dispatchWorkflowId(dispatchId)).describe(),
    );
    return status.name === 'RUNNING' ? 'open' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      return 'unknown';
    }
    throw error;
  }
}
