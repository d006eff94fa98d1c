import { dispatchBody, messageBody } from '../../contract/dispatch-view';
import { DomainError } from '../../domain/errors';
import type { Database } from '../../store/database';
import { findDispatchView, findMessageView } from '../../store/dispatch-views';
import type { GuardedHandler } from '../route';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** GET of a dispatch, by any of its three paths: its state and whole timeline. */
export function getDispatchHandler(db: Database): GuardedHandler {
  return async ({ principal, params }) => {
    const view = await findDispatchView(db, principal.tenantId, uuidOf(params.id, 'dispatch'));
    return { status: 200, body: dispatchBody(view ?? unknown('dispatch')) };
  };
}

/** GET of one message: its step, its dispatch, and whom it goes to. */
export function getMessageHandler(db: Database): GuardedHandler {
  return async ({ principal, params }) => {
    const view = await findMessageView(db, principal.tenantId, uuidOf(params.id, 'message'));
    return { status: 200, body: messageBody(view ?? unknown('message')) };
  };
}

/** What is no id names nothing: 404, like an id that nobody has. */
function uuidOf(id: string | undefined, what: string): string {
  return id !== undefined && UUID.test(id) ? id.toLowerCase() : unknown(what);
}

function unknown(what: string): never {
  throw new DomainError('not_found', `No such ${what}, or not yours.`);
}
