import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import { callbackJson } from './callback-log';
import { dialSchema } from './dials';
import { helpText } from './help';
import { authenticate, postMessage } from './messages';
import type { MessagesDeps } from './messages';
import { receiveCallback } from './receiver';
import type { ReceiverDeps } from './receiver';
import { receiverDialSchema } from './receiver-dials';
import { UI_PAGE } from './ui';
import { BadRequest, answerJson, answerText, parseJson, readBody } from './wire';

export interface RoutesDeps extends MessagesDeps, ReceiverDeps {
  setSecrets(secrets: readonly string[]): void;
}

/** One request on its way through a route. */
interface Exchange {
  readonly deps: RoutesDeps;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

type Route = (exchange: Exchange) => void | Promise<void>;

const dialsBody = z.union([z.array(dialSchema), dialSchema.transform((dial) => [dial])]);
const receiverBody = receiverDialSchema.extend({
  /** Replaces the secrets that callbacks are verified with. Alone, it sets no dial. */
  secrets: z.array(z.string()).optional(),
});

async function parseBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parseJson(await readBody(request)));
  if (!parsed.success) {
    throw new BadRequest(z.prettifyError(parsed.error));
  }
  return parsed.data;
}

/** The query as a filter: numbers where the log wants numbers. */
function filterFrom(query: URLSearchParams): Record<string, string | number> {
  const isNumber = (name: string): boolean => name === 'since' || name === 'limit';
  return Object.fromEntries(
    [...query].map(([name, value]) => [name, isNumber(name) ? Number(value) : value]),
  );
}

function getLog({ deps, response, query }: Exchange): void {
  answerJson(response, 200, { messages: deps.messages.list(filterFrom(query)) });
}

function getCallbacks({ deps, response, query }: Exchange): void {
  const filter = { ...filterFrom(query), webhookId: query.get('webhook-id') ?? undefined };
  answerJson(response, 200, { callbacks: deps.callbacks.list(filter).map(callbackJson) });
}

async function putDials({ deps, request, response }: Exchange): Promise<void> {
  const dials = await parseBody(request, dialsBody);
  answerJson(response, 200, { set: dials.map((dial) => deps.dials.set(dial)) });
}

async function putReceiver({ deps, request, response }: Exchange): Promise<void> {
  const { secrets, ...dial } = await parseBody(request, receiverBody);
  if (secrets !== undefined) {
    deps.setSecrets(secrets);
  }
  if (secrets === undefined || Object.keys(dial).length > 0) {
    deps.receiver.set(dial);
  }
  answerJson(response, 200, { dials: deps.receiver.list() });
}

function getAccount({ deps, request, response }: Exchange): void {
  const apiKey = authenticate(request, response, deps.options);
  if (apiKey !== undefined) {
    answerJson(response, 200, { account: apiKey, balance: '1000.00', currency: 'EUR' });
  }
}

function getHealth({ deps, response }: Exchange): void {
  const counts = { messages: deps.messages.count(), callbacks: deps.callbacks.count() };
  answerJson(response, 200, { status: 'ok', ...counts });
}

function clearing(clear: (exchange: Exchange) => void): Route {
  return (exchange) => {
    clear(exchange);
    exchange.response.writeHead(204).end();
  };
}

function page(text: () => string, type: string): Route {
  return ({ response }) => {
    response.setHeader('content-type', `${type}; charset=utf-8`);
    answerText(response, 200, text());
  };
}

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /messages': ({ deps, request, response }) => postMessage(deps, request, response),
  'GET /account': getAccount,
  'GET /health': getHealth,
  'GET /': page(helpText, 'text/plain'),
  'GET /ui': page(() => UI_PAGE, 'text/html'),
  'GET /log': getLog,
  'DELETE /log': clearing(({ deps }) => deps.messages.clear()),
  'GET /dials': ({ deps, response }) => answerJson(response, 200, { dials: deps.dials.list() }),
  'PUT /dials': putDials,
  'DELETE /dials': clearing(({ deps, query }) => deps.dials.clear(query.get('name') ?? undefined)),
  'GET /callbacks': getCallbacks,
  'DELETE /callbacks': clearing(({ deps }) => deps.callbacks.clear()),
  'GET /receiver': ({ deps, response }) =>
    answerJson(response, 200, { dials: deps.receiver.list() }),
  'PUT /receiver': putReceiver,
  'DELETE /receiver': clearing(({ deps }) => deps.receiver.clear()),
};

function notFound({ request, response }: Exchange): void {
  request.resume();
  answerJson(response, 404, { error: 'no such route; GET / tells which there are' });
}

function routeFor(method: string, path: string): Route {
  if (method === 'POST' && (path === '/callbacks' || path.startsWith('/callbacks/'))) {
    return ({ deps, request, response }) => receiveCallback(deps, request, response);
  }
  return ROUTES[`${method} ${path}`] ?? notFound;
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    return;
  }
  const status = error instanceof BadRequest ? 400 : 500;
  answerJson(response, status, { error: error instanceof Error ? error.message : String(error) });
}

/** Finds the route and answers; an error becomes an answer, never an end of the process. */
export async function handle(
  deps: RoutesDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const route = routeFor(request.method ?? 'GET', path);
  try {
    await route({ deps, request, response, query: new URLSearchParams(query) });
  } catch (error) {
    answerError(response, error);
  }
}
