import { DomainError } from '../domain/errors';
import type { Account, SendMap } from '../domain/provider';
import type { HttpClient } from '../runtime/http';
import { PrepareError, type Credentials } from './adapter';
import { compileExpression } from './expressions';
import { messageError } from './message-errors';
import { isHeaderName, isHeaderValue, textFrom } from './rest-values';

/** A request as it will leave. `secrets`: header and query values that were made of credentials. */
export interface RestRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly secrets: readonly string[];
}

type Scope = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, string | readonly string[]>>;

/** What `path`, `headers`, `query` and `body` of a definition say; a probe has fewer of them. */
export type RequestMap = Pick<SendMap, 'method' | 'path' | 'headers' | 'query' | 'body'>;

export interface RequestParts {
  readonly map: RequestMap;
  readonly account: Account;
  readonly credentials: Credentials;
  readonly scope: Scope;
}

const DEFAULT_HEADERS = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'failover-dispatch',
};

/** Makes the request that a map describes. Throws {@link PrepareError} when it can never be sent. */
export async function buildRequest(http: HttpClient, parts: RequestParts): Promise<RestRequest> {
  const { map, account, scope } = parts;
  const auth = await authValues(parts);
  const headers = await values(map.headers, scope);
  const query = await values(map.query, scope);
  const all = headersFrom({ ...headers, ...auth.headers });
  const body = map.body === undefined ? undefined : await bodyOf(map.body, scope, all);
  const url = urlOf(account, map.path, { ...query, ...auth.query });
  checkUrl(http, url);
  return {
    method: map.method.toUpperCase(),
    url,
    headers: body === undefined ? without(all, 'content-type') : all,
    ...(body === undefined ? {} : { body }),
    secrets: [...Object.values(auth.headers), ...Object.values(auth.query)].flat(),
  };
}

/** Compiles what the answer will be read by, so that a map that cannot work is known before anything leaves. */
export function checkAnswerMaps({ messageRef, outcome }: SendMap): void {
  try {
    compileExpression(messageRef ?? 'null');
    compileExpression(outcome ?? 'null');
  } catch (error) {
    throw unsupported('the maps of the answer do not compile', error);
  }
}

/** A request that goes out without its proof would be refused, and might tell who asks: a missing value stops it. */
async function authValues({
  account,
  credentials,
}: RequestParts): Promise<{ headers: Values; query: Values }> {
  const { auth = {} } = account.definition;
  const scope = { credentials, settings: account.settings };
  const headers = await values(auth.headers, scope);
  const query = await values(auth.query, scope);
  const wanted = [...Object.keys(auth.headers ?? {}), ...Object.keys(auth.query ?? {})];
  const missing = wanted.find(
    (name) => !Object.hasOwn(headers, name) && !Object.hasOwn(query, name),
  );
  if (missing !== undefined) {
    throw new PrepareError(messageError('auth', `the credentials give no value for ${missing}`));
  }
  return { headers, query };
}

async function values(
  map: Readonly<Record<string, string>> | undefined,
  scope: Scope,
): Promise<Values> {
  const result: Record<string, string | readonly string[]> = {};
  for (const [name, expression] of Object.entries(map ?? {})) {
    const value = await evaluate(name, expression, scope);
    const texts = (Array.isArray(value) ? value : [value]).map(textFrom);
    if (texts.every((text) => text !== undefined)) {
      const [only = ''] = texts;
      result[name] = texts.length === 1 ? only : texts;
    }
  }
  return result;
}

async function evaluate(name: string, expression: string, scope: Scope): Promise<unknown> {
  try {
    return await compileExpression(expression).evaluate(scope);
  } catch (error) {
    throw unsupported(`the expression for ${name} fails`, error);
  }
}

function headersFrom(map: Values): Record<string, string> {
  const headers: Record<string, string> = { ...DEFAULT_HEADERS };
  for (const [name, value] of Object.entries(map)) {
    const text = typeof value === 'string' ? value : value.join(', ');
    if (!isHeaderName(name) || !isHeaderValue(text)) {
      throw unsupported(`the header ${name} cannot be sent`);
    }
    headers[name.toLowerCase()] = text;
  }
  return headers;
}

async function bodyOf(
  expression: string,
  scope: Scope,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const value = await evaluate('the body', expression, scope);
  if (value === undefined) {
    return undefined;
  }
  const type = headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return formText(value);
  }
  return typeof value === 'string' && !type.includes('json') ? value : JSON.stringify(value);
}

function formText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unsupported('the body is no form');
  }
  const form = new URLSearchParams();
  for (const [name, field] of Object.entries(value)) {
    for (const item of Array.isArray(field) ? field : [field]) {
      form.append(name, textFrom(item) ?? JSON.stringify(item));
    }
  }
  return form.toString();
}

/** Base URL, path with its places filled, query. Whatever the settings hold, the host stays the account's. */
function urlOf(account: Account, path: string, query: Values): string {
  const filled = path.replace(/\{([^{}]*)\}/g, (_place, name: string) => placeValue(account, name));
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((item) => `${encodeURIComponent(name)}=${encodeURIComponent(item)}`),
  );
  const joint = filled.includes('?') ? '&' : '?';
  const text = `${account.baseUrl}${filled}${pairs.length === 0 ? '' : joint}${pairs.join('&')}`;
  const isPath = filled === '' || filled.startsWith('/') || filled.startsWith('?');
  if (!isPath || !URL.canParse(text) || new URL(text).origin !== new URL(account.baseUrl).origin) {
    throw unsupported('the path does not make a URL of this provider');
  }
  return text;
}

function placeValue({ settings }: Account, place: string): string {
  const name = /^settings\.(.+)$/.exec(place)?.[1];
  const value =
    name !== undefined && Object.hasOwn(settings, name) ? textFrom(settings[name]) : undefined;
  // Dots are not encoded, and these two would walk up the path.
  if (value === undefined || value === '' || value === '.' || value === '..') {
    throw unsupported(`the path needs ${place}`);
  }
  return encodeURIComponent(value);
}

function checkUrl(http: HttpClient, url: string): void {
  try {
    http.checkUrl(url);
  } catch (error) {
    throw unsupported(error instanceof DomainError ? error.message : 'URL not allowed', error);
  }
}

function without(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}

function unsupported(reason: string, cause?: unknown): PrepareError {
  return new PrepareError(messageError('unsupported', reason), { cause });
}
