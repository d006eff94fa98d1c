import type { IncomingMessage } from 'node:http';
import { MISSING_AUTHORIZATION } from '../../contract/problem';
import { DomainError } from '../../domain/errors';
import type { Principal } from '../principal';
import type { GuardedRoute, Proof } from '../route';
import { principalFromToken, refuseForeignTenant } from './access-token';
import { principalFromBasic } from './basic';
import type { CallerDirectory } from './caller-directory';
import { createJwtAuthenticator } from './jwt';
import { createLoginLimiter } from './limits';
import { claimFromRequest, headerValues, isJwt, type Claim } from './proofs';

export interface AuthenticatorOptions {
  readonly callers: CallerDirectory;
  readonly failedLoginsPerMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface LoginRequest {
  readonly request: IncomingMessage;
  readonly path: string;
}

export type Authenticator = (route: GuardedRoute, login: LoginRequest) => Promise<Principal>;

const WRONG = 'You did not provide correct credentials.';

/** Makes the door: proves the caller by one of the route's proofs, then asks for the route's permission. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { callers } = options;
  const authenticateJwt = createJwtAuthenticator(callers, options.now);
  const countFailure = createLoginLimiter(options.failedLoginsPerMinute);

  const prove = async (
    { proofs, tenant = 'required' }: GuardedRoute,
    { request, path }: LoginRequest,
    claim: Claim,
  ): Promise<Principal | undefined> => {
    const proof = proofOf(claim, proofs);
    if (proof === 'basic' && claim.kind === 'basic') {
      return principalFromBasic(callers, claim);
    }
    if (!('token' in claim) || proof === undefined) {
      return undefined;
    }
    const { token } = claim;
    return proof === 'jwt'
      ? authenticateJwt({ token, method: methodOf(request), path })
      : principalFromToken(callers, { token, selected: selectedTenants(request), tenant });
  };

  return async (route, login) => {
    const claim = claimFromRequest(login.request);
    if (claim.kind === 'none') {
      throw new DomainError('unauthorized', MISSING_AUTHORIZATION);
    }
    const principal = await prove(route, login, claim);
    if (!principal) {
      await countFailure(login.request.socket.remoteAddress ?? 'unknown');
      throw new DomainError('unauthorized', WRONG);
    }
    if (!principal.isPlatform) {
      refuseForeignTenant(selectedTenants(login.request), principal.tenantId);
    }
    requirePermission(route, principal);
    return principal;
  };
}

function selectedTenants(request: IncomingMessage): string[] {
  return headerValues(request, 'x-tenant-id').map((id) => id.trim());
}

/** A HEAD asks what a GET would answer. */
function methodOf({ method = '' }: IncomingMessage): string {
  return method === 'HEAD' ? 'GET' : method;
}

/** Which of the route's proofs the request offers; a bearer is told apart by its form where a route takes both kinds. */
function proofOf(claim: Claim, proofs: readonly Proof[]): Proof | undefined {
  const offered: Record<Claim['kind'], Proof | undefined> = {
    none: undefined,
    basic: 'basic',
    api_key: 'token',
    bearer: claim.kind === 'bearer' && isJwt(claim.token) ? 'jwt' : 'token',
  };
  const proof = offered[claim.kind];
  return proof && proofs.includes(proof) ? proof : undefined;
}

function requirePermission({ permission }: GuardedRoute, principal: Principal): void {
  const wanted = typeof permission === 'string' ? [permission] : permission;
  if (!wanted.some((one) => principal.permissions.includes(one))) {
    throw new DomainError('forbidden', `This needs the permission ${wanted.join(' or ')}.`);
  }
}
