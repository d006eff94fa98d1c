import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../domain/errors';

/** What a request says about its caller; nothing of it is checked yet. */
export type Claim =
  | { readonly kind: 'basic'; readonly id: string; readonly secret: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'api_key'; readonly token: string }
  | { readonly kind: 'none' };

/** Every value of a header in the order of the wire: Node itself keeps only the first of a doubled `Authorization`. */
export function headerValues(request: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) {
      values.push(request.rawHeaders[index + 1] ?? '');
    }
  }
  return values;
}

/** Reads the one proof of a request; two of them are an error, because nobody can say which was meant. */
export function claimFromRequest(request: IncomingMessage): Claim {
  const authorizations = headerValues(request, 'authorization');
  const apiKeys = headerValues(request, 'x-api-key');
  if (authorizations.length + apiKeys.length > 1 || holdsTwoSchemes(authorizations[0])) {
    throw new DomainError(
      'multiple_auth_methods',
      'Provide exactly one authentication method: a second one was found.',
    );
  }
  if (apiKeys[0] !== undefined) {
    return { kind: 'api_key', token: apiKeys[0].trim() };
  }
  return claimFromAuthorization(authorizations[0] ?? '');
}

/** `Basic …, Bearer …`: what proxies make of two headers. */
function holdsTwoSchemes(authorization = ''): boolean {
  return /,\s*(basic|bearer)\s/i.test(authorization);
}

function claimFromAuthorization(authorization: string): Claim {
  const [, scheme = '', value = ''] = /^(basic|bearer) +(\S+)\s*$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') {
    return { kind: 'bearer', token: value };
  }
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(value, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    return colon < 0
      ? { kind: 'basic', id: pair, secret: '' }
      : { kind: 'basic', id: pair.slice(0, colon), secret: pair.slice(colon + 1) };
  }
  return { kind: 'none' };
}

/** A JWT has three parts; our access tokens have no dot. */
export function isJwt(token: string): boolean {
  return token.split('.').length === 3;
}
