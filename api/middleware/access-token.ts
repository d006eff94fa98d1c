import { DomainError } from '../../domain/errors';
import { PERMISSIONS, type Permission } from '../../domain/vocabulary';
import { PLATFORM_TENANT_ID } from '../../domain/tenant';
import type { Principal } from '../principal';
import type { AccessToken, CallerDirectory } from './caller-directory';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface TokenRequest {
  readonly token: string;
  /** Values of the header `x-tenant-id`. */
  readonly selected: readonly string[];
  readonly tenant: 'required' | 'optional';
}

/** The token's principal; undefined for an unknown token, an error for a tenant that it may not select. */
export async function principalFromToken(
  directory: CallerDirectory,
  { token, selected, tenant }: TokenRequest,
): Promise<Principal | undefined> {
  const found = token && (await directory.findAccessToken(directory.hashSecret(token)));
  if (!found) {
    return undefined;
  }
  return {
    kind: 'access_token',
    id: found.id,
    tenantId: found.tenantId ?? (await platformChoice(directory, selected, tenant)),
    permissions: permissionsOf(found),
    isPlatform: found.tenantId === undefined,
  };
}

/** Refuses a selected tenant that is not the caller's own: real and invented ones alike. */
export function refuseForeignTenant(selected: readonly string[], own: string): void {
  if (selected.some((id) => id.toLowerCase() !== own)) {
    throw new DomainError('forbidden', 'You may not act for the tenant in x-tenant-id.');
  }
}

async function platformChoice(
  directory: CallerDirectory,
  selected: readonly string[],
  tenant: 'required' | 'optional',
): Promise<string> {
  const [id, ...more] = selected.map((text) => text.toLowerCase());
  if (id === undefined && tenant === 'optional') {
    return PLATFORM_TENANT_ID;
  }
  if (id === undefined) {
    throw new DomainError(
      'invalid_input',
      "A token of the platform selects a tenant with the header 'x-tenant-id'.",
      { parameters: [{ name: 'x-tenant-id', reason: 'is required' }] },
    );
  }
  const isChoice = more.length === 0 && UUID.test(id) && (await isTenant(directory, id));
  if (!isChoice) {
    throw new DomainError('forbidden', 'You may not act for the tenant in x-tenant-id.');
  }
  return id;
}

async function isTenant(directory: CallerDirectory, id: string): Promise<boolean> {
  return directory.hasTenant ? directory.hasTenant(id) : true;
}

/** Names in the database that this build does not know open nothing. */
function permissionsOf({ permissions }: AccessToken): Permission[] {
  return PERMISSIONS.filter((permission) => permissions.includes(permission));
}
