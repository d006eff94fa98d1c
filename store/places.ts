import type { KeyFinder } from './data-keys';
import { dataKeyIdOf, openValue, sealValue } from './sealing';

/** Where a value may be used. Sealed for one place, it opens at no other: a provider pointed elsewhere gets nothing. */
export interface Place {
  readonly provider: string;
  readonly host: string;
  readonly channel: string;
}

/** The whole place within a tenant: also the field and the row that hold the value. */
export interface RowPlace extends Place {
  readonly field: string;
  readonly rowId: string;
}

/** The authenticated parts of a place: the same in every release, or nothing opens any more. */
export function placeParts(tenantId: string, place: RowPlace): string[] {
  return [tenantId, place.provider, place.host, place.channel, place.field, place.rowId];
}

/** Seals bytes for a place with the key of its tenant. */
export async function sealAt(
  keys: KeyFinder,
  parts: readonly string[],
  bytes: Buffer,
): Promise<Buffer> {
  return sealValue(await keys.live(tenantOf(parts)), JSON.stringify(parts), bytes);
}

/** The opened bytes; undefined when they were altered, or sealed for another place. */
export async function openAt(
  keys: KeyFinder,
  parts: readonly string[],
  sealed: Buffer,
): Promise<Buffer | undefined> {
  const keyId = dataKeyIdOf(sealed);
  const key = keyId === undefined ? undefined : await keys.find(tenantOf(parts), keyId);
  return key === undefined ? undefined : openValue(key, JSON.stringify(parts), sealed);
}

/** The first part of a place is its tenant. */
function tenantOf([tenantId]: readonly string[]): string {
  if (tenantId === undefined) {
    throw new Error('a place without a tenant');
  }
  return tenantId;
}
