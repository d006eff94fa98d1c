import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from '../../runtime/logger';
import type { Principal } from '../principal';
import type { PublicRequest, Reply, Route } from '../route';
import type { Authenticator } from './authenticate';
import { parseJson, readBody } from './body';
import { refuseWhenOverloaded, type LoadGauge } from './load-gauge';
import { requireJsonAccepted, requireJsonContent } from './media-types';
import { plainPath, queryFromUrl } from './paths';
import { headerValues } from './proofs';
import { sendReply } from './reply';

/** What stands in front of every handler. */
export interface Gate {
  readonly authenticate: Authenticator;
  /** Throws when the caller has no request left. */
  readonly countRequest: (callerKey: string) => void;
  readonly load: LoadGauge;
  readonly log: Logger;
}

/**
 * One route as a request handler. The order is part of the contract: overload, credentials, rate, media types, body,
 * handler. So strangers learn nothing from how their body is treated, and cost no parsing.
 */
export function endpoint(route: Route, gate: Gate): RequestHandler {
  return async (request: Request, response: Response) => {
    if (route.shedsLoad) {
      refuseWhenOverloaded(gate.load);
    }
    sendReply(response, await answer(route, gate, { request, response }));
  };
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

async function answer(route: Route, gate: Gate, exchange: Exchange): Promise<Reply> {
  if (route.proofs === 'none') {
    return route.handler(await readRequest(route, gate, exchange));
  }
  const { request } = exchange;
  const principal = await gate.authenticate(route, { request, path: plainPath(request.path) });
  gate.countRequest(callerKey(principal));
  return route.handler({ ...(await readRequest(route, gate, exchange)), principal });
}

function callerKey({ kind, id }: Principal): string {
  return `${kind}:${id}`;
}

async function readRequest(
  route: Route,
  { log }: Gate,
  { request, response }: Exchange,
): Promise<PublicRequest> {
  const traceId = String(response.locals.traceId);
  const { rawBody, body } = await readContent(route, request);
  return {
    method: request.method,
    path: plainPath(request.path),
    params: request.params as Record<string, string>,
    query: queryFromUrl(request.originalUrl),
    headers: request.headers,
    headerValues: (name) => headerValues(request, name.toLowerCase()),
    rawBody,
    body,
    traceId,
    log: log.child({ traceId }),
  };
}

async function readContent(
  route: Route,
  request: Request,
): Promise<{ rawBody: Buffer; body: unknown }> {
  const takesBody = ['post', 'put', 'patch'].includes(route.method);
  const form = route.body ?? (takesBody ? 'json' : 'none');
  if (route.proofs !== 'none') {
    requireJsonAccepted(request);
  }
  if (form === 'json') {
    requireJsonContent(request);
  }
  const rawBody = form === 'none' ? Buffer.alloc(0) : await readBody(request, route.maxBodyBytes);
  return { rawBody, body: form === 'json' ? parseJson(rawBody) : undefined };
}
