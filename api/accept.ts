import { createHash } from 'node:crypto';
import type { NewDispatch } from '../domain/dispatch';
import { DomainError } from '../domain/errors';
import type { Logger } from '../runtime/logger';
import type { Accounts } from '../store/accounts';
import type { Database, Sql } from '../store/database';
import { cancelUnconfirmed, insertDispatch } from '../store/dispatches';
import {
  answerIdempotencyKey,
  findIdempotencyKey,
  relockIdempotencyKey,
  releaseIdempotencyKey,
  takeIdempotencyKey,
  type IdempotencyKey,
  type IdempotencyScope,
} from '../store/idempotency-keys';
import type { AtAcceptPoint } from './faults';
import type { RefuseBeyondQuota } from './open-quota';
import { planDispatch, startableFromStore, type Planned } from './plan-dispatch';
import type { StartDispatch, StartableDispatch } from './workflow-starter';

/** A parsed request about to be accepted. */
export interface AcceptRequest {
  readonly tenantId: string;
  readonly applicationId: string;
  readonly request: NewDispatch;
  readonly rawBody: Buffer;
  /** `Idempotency-Key`, and the route that scopes it. */
  readonly idempotency?: { readonly route: string; readonly key: string };
}

export interface Accepted {
  readonly dispatchId: string;
  /** The answer was given before. */
  readonly replayed: boolean;
}

export interface AcceptDeps {
  readonly db: Database;
  readonly accounts: Accounts;
  readonly hashSecret: (text: string) => Buffer;
  readonly startDispatch: StartDispatch;
  readonly refuseBeyondQuota: RefuseBeyondQuota;
  readonly at: AtAcceptPoint;
  readonly log: Logger;
}

/** Accepts a request: durable first, then started, then told. Throws `unavailable` when nothing will be sent. */
export async function acceptDispatch(deps: AcceptDeps, accept: AcceptRequest): Promise<Accepted> {
  const scope = accept.idempotency && { tenantId: accept.tenantId, ...accept.idempotency };
  if (scope === undefined) {
    return acceptOnce(deps, accept);
  }
  const bodyHash = createHash('sha256').update(accept.rawBody).digest();
  const known = await findIdempotencyKey(deps.db, scope);
  return known === undefined
    ? acceptWithKey(deps, accept, scope, bodyHash)
    : acceptAgain(deps, scope, known, bodyHash);
}

/** How long an accept may take, in milliseconds: past it the caller has given up, so it is taken back where it can be. */
const ACCEPT_LIMIT_MS = 10_000;

async function acceptOnce(deps: AcceptDeps, accept: AcceptRequest): Promise<Accepted> {
  const begunAt = performance.now();
  const planned = await planDispatch(deps, accept);
  const stored = await insert(deps.db, accept, planned);
  await deps.at('accept.committed');
  const { dispatchId } = planned.accepted;
  const confirmed = await isStarted(deps, { ...planned.startable, ...stored });
  const inTime = performance.now() - begunAt < ACCEPT_LIMIT_MS;
  // Not taken back: its first step is claimed already. Temporal has it, only the acknowledgement got lost.
  if (!(confirmed && inTime) && (await cancelUnconfirmed(deps.db, accept.tenantId, dispatchId))) {
    throw unavailable();
  }
  await deps.at('accept.started');
  return { dispatchId, replayed: false };
}

async function isStarted(deps: AcceptDeps, startable: StartableDispatch): Promise<boolean> {
  try {
    await deps.startDispatch(startable);
    return true;
  } catch (err) {
    deps.log.warn({ err, dispatchId: startable.dispatchId }, 'start not acknowledged');
    return false;
  }
}

async function acceptWithKey(
  deps: AcceptDeps,
  accept: AcceptRequest,
  scope: IdempotencyScope,
  bodyHash: Buffer,
): Promise<Accepted> {
  const planned = await planDispatch(deps, accept);
  const { dispatchId } = planned.accepted;
  const stored = await deps.db
    .transaction(async (tx) => {
      const inserted = await insert(tx, accept, planned);
      if (!(await takeIdempotencyKey(tx, scope, bodyHash, dispatchId))) {
        throw new KeyTaken();
      }
      return inserted;
    })
    .catch((error: unknown) => {
      if (error instanceof KeyTaken) {
        return undefined;
      }
      throw error;
    });
  if (stored === undefined) {
    const known = await findIdempotencyKey(deps.db, scope);
    if (known === undefined) {
      throw unavailable();
    }
    return acceptAgain(deps, scope, known, bodyHash);
  }
  await deps.at('accept.committed');
  return startWithKey(deps, scope, { ...planned.startable, ...stored });
}

/** Rolls the transaction back: the key is somebody else's. */
class KeyTaken extends Error {}

async function acceptAgain(
  deps: AcceptDeps,
  scope: IdempotencyScope,
  known: IdempotencyKey,
  bodyHash: Buffer,
): Promise<Accepted> {
  if (!known.bodyHash.equals(bodyHash)) {
    throw new DomainError(
      'idempotency_key_reused',
      'This Idempotency-Key was used with a different request body.',
    );
  }
  if (known.answered) {
    return { dispatchId: known.dispatchId, replayed: true };
  }
  if (known.locked || !(await relockIdempotencyKey(deps.db, scope))) {
    throw new DomainError(
      'idempotency_in_progress',
      'A request with this Idempotency-Key is still being processed.',
      { retryAfterSeconds: 1 },
    );
  }
  const startable = await startableFromStore(deps.db, scope.tenantId, known.dispatchId);
  return startWithKey(deps, scope, startable);
}

async function startWithKey(
  deps: AcceptDeps,
  scope: IdempotencyScope,
  startable: StartableDispatch,
): Promise<Accepted> {
  const { dispatchId } = startable;
  if (!(await isStarted(deps, startable))) {
    await releaseIdempotencyKey(deps.db, scope);
    throw unavailable();
  }
  await deps.at('accept.started');
  if (!(await answerIdempotencyKey(deps.db, scope))) {
    throw unavailable();
  }
  return { dispatchId, replayed: false };
}

async function insert(
  sql: Sql,
  accept: AcceptRequest,
  planned: Planned,
): Promise<{ stopOnLateSuccess: boolean }> {
  const stored = await insertDispatch(sql, accept.tenantId, planned.accepted);
  if (stored === undefined) {
    throw new DomainError('unauthorized', 'You did not provide correct credentials.');
  }
  return stored;
}

function unavailable(): DomainError {
  return new DomainError('unavailable', 'The service is unavailable. Please retry your request.', {
    retryAfterSeconds: 5,
  });
}
