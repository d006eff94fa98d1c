import { getLivez } from './health';
import type { GuardedHandler, PublicHandler, Route } from './route';

/** What answers each row of the table. */
export interface Handlers {
  readonly createDispatch: GuardedHandler;
  readonly getDispatch: GuardedHandler;
  readonly getMessage: GuardedHandler;
  readonly takeReceipt: PublicHandler;
  readonly getReadyz: PublicHandler;
}

/** Applications and account keys read what they sent; access tokens read with their own permission. */
const READ_DISPATCHES = ['SEND_DISPATCH', 'VIEW_ACTIVITIES'] as const;
const SENDERS = ['basic', 'jwt'] as const;
const EVERYBODY_KNOWN = ['basic', 'jwt', 'token'] as const;
const OPEN = { proofs: 'none', permission: 'PUBLIC' } as const;

/** Every route: who may call it, with what, and what answers. */
export function createRoutes(handlers: Handlers): readonly Route[] {
  const { createDispatch, getDispatch, getMessage, takeReceipt, getReadyz } = handlers;
  return [
    {
      method: 'post',
      path: '/v0.1/dispatch',
      proofs: SENDERS,
      permission: 'SEND_DISPATCH',
      shedsLoad: true,
      handler: createDispatch,
    },
    ...['/v0.1/dispatch/:id', '/workflows/:id'].map((path): Route => ({
      method: 'get',
      path,
      proofs: SENDERS,
      permission: READ_DISPATCHES,
      handler: getDispatch,
    })),
    {
      method: 'get',
      path: '/v1/dispatches/:id',
      proofs: EVERYBODY_KNOWN,
      permission: READ_DISPATCHES,
      handler: getDispatch,
    },
    {
      method: 'get',
      path: '/v0.1/messages/:id',
      proofs: SENDERS,
      permission: READ_DISPATCHES,
      handler: getMessage,
    },
    { method: 'post', path: '/webhooks/:token', body: 'raw', ...OPEN, handler: takeReceipt },
    { method: 'get', path: '/webhooks/:token', ...OPEN, handler: takeReceipt },
    { method: 'get', path: '/livez', ...OPEN, handler: getLivez },
    { method: 'get', path: '/readyz', ...OPEN, handler: getReadyz },
  ];
}
