import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { DomainError } from '../domain/errors';
import type { Logger } from '../runtime/logger';
import { createAuthenticator } from './middleware/authenticate';
import { RequestAborted } from './middleware/body';
import { cacheCallers, type CallerDirectory } from './middleware/caller-directory';
import { endpoint, type Gate } from './middleware/endpoint';
import { createKeyLimiter, type RateLimit } from './middleware/limits';
import type { LoadGauge } from './middleware/load-gauge';
import { methodsOfPath, plainPath } from './middleware/paths';
import { domainErrorFrom, replyFromError } from './middleware/problem';
import { sendReply } from './middleware/reply';
import type { Route } from './route';

export interface AppDeps {
  readonly routes: readonly Route[];
  readonly callers: CallerDirectory;
  readonly load: LoadGauge;
  readonly log: Logger;
  readonly rateLimit: RateLimit;
  /** 0 turns the limit off. */
  readonly failedLoginsPerMinute: number;
  /** Milliseconds since 1970, default `Date.now`. */
  readonly now?: () => number;
}

/** The API: what holds for every request, then the route table, then what no route took. */
export function createApp(deps: AppDeps): Express {
  const { routes, log, now = Date.now } = deps;
  const gate: Gate = {
    authenticate: createAuthenticator({
      callers: cacheCallers(deps.callers, now),
      failedLoginsPerMinute: deps.failedLoginsPerMinute,
      now,
    }),
    countRequest: createKeyLimiter(deps.rateLimit, now),
    load: deps.load,
    log,
  };
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.enable('case sensitive routing');
  app.use(traceRequest(log), helmet(), noStore);
  for (const route of routes) {
    app[route.method](route.path, endpoint(route, gate));
  }
  app.use(refuseUnrouted(routes), answerError(log));
  return app;
}

/** Gives the request its trace id and writes one line when it is answered: the route, since a path may hold a token. */
function traceRequest(log: Logger): RequestHandler {
  return (request, response, next) => {
    const traceId = randomUUID().replaceAll('-', '');
    const begun = performance.now();
    response.locals.traceId = traceId;
    response.setHeader('x-nexmo-trace-id', traceId);
    response.once('finish', () => {
      const { method, route } = request as { method: string; route?: { path: string } };
      const ms = Math.round(performance.now() - begun);
      log.debug(
        { traceId, method, route: route?.path, status: response.statusCode, ms },
        'answered',
      );
    });
    next();
  };
}

const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

/** 404 for a path that nobody has, 405 for a method that its path does not take. */
function refuseUnrouted(routes: readonly Route[]): RequestHandler {
  return (request, response) => {
    const allow = methodsOfPath(routes, plainPath(request.path));
    if (allow.length === 0) {
      throw new DomainError('not_found', 'This path does not exist.');
    }
    if (request.method === 'OPTIONS') {
      sendReply(response, { status: 204, headers: { allow: allow.join(', ') } });
      return;
    }
    throw new DomainError(
      'method_not_allowed',
      `Request method '${request.method}' not supported`,
      { allow },
    );
  };
}

/** Express knows an error handler by its four parameters. */
function answerError(log: Logger): ErrorRequestHandler {
  return (err: unknown, request, response, _next) => {
    if (err instanceof RequestAborted || response.headersSent) {
      response.destroy();
      return;
    }
    const traceId = String(response.locals.traceId);
    const error = domainErrorFrom(err);
    if (error.code === 'internal') {
      log.error({ traceId, err }, 'request failed');
    } else if (error.code === 'unavailable') {
      log.warn({ traceId, err }, 'request refused');
    }
    sendReply(response, replyFromError(error, { path: request.path, traceId }));
  };
}
