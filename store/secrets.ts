import { createDataKeys, type DataKeys } from './data-keys';
import type { Database, Sql } from './database';
import type { KeyRing } from './key-ring';
import { openAt, placeParts, sealAt, type RowPlace } from './places';
import {
  createSecretReader,
  createSecretWriter,
  NeedsReentryError,
  type SecretReader,
  type SecretWriter,
} from './secret-values';
import { rotateSecrets, verifySecrets, type Rotation, type Verification } from './secrets-upkeep';

/** Sealed values: AES-256-GCM under one data key per tenant, each bound to its place. */
export interface Secrets extends SecretReader, SecretWriter {
  /** Makes the tenant's data key if it has none: call it before a transaction that seals by {@link within}. */
  prepare(tenantId: string): Promise<void>;
  /** Reads and writes as part of a transaction. */
  within(tx: Sql): SecretReader & SecretWriter;
  /** Seals what is kept outside the table `secrets`, such as a receipt's raw body. */
  sealBytes(tenantId: string, place: RowPlace, bytes: Buffer): Promise<Buffer>;
  /** Throws {@link NeedsReentryError} when it was sealed for another place, or altered. */
  openBytes(tenantId: string, place: RowPlace, sealed: Buffer): Promise<Buffer>;
  /** Wraps the data keys with the newest master key, online; with `data`, makes new data keys and seals all anew. */
  rotate(options?: { readonly data?: boolean }): Promise<Rotation>;
  /** Opens everything at the place it was sealed for. */
  verify(): Promise<Verification>;
  /** Throws a `KeyRingError` when a master key in use is missing or wrong: for start-up and readiness. */
  check(): Promise<void>;
}

export function createSecrets(db: Database, ring: KeyRing): Secrets {
  const keys = createDataKeys(db, ring);
  const prepare = async (tenantId: string): Promise<void> => void (await keys.live(tenantId));
  const within = (tx: Sql): SecretReader & SecretWriter => {
    const found = keys.through(tx);
    return { ...createSecretReader(tx, found), ...createSecretWriter(tx, found) };
  };
  return {
    ...createSecretReader(db, keys),
    ...createBox(keys),
    prepare,
    within,
    put: async (tenantId, address, value) => {
      await prepare(tenantId);
      await db.transaction((tx) => within(tx).put(tenantId, address, value));
    },
    add: async (tenantId, address, value) => {
      await prepare(tenantId);
      await db.transaction((tx) => within(tx).add(tenantId, address, value));
    },
    remove: (...values) => db.transaction((tx) => within(tx).remove(...values)),
    rotate: (options) => rotateSecrets(db, keys, options?.data === true),
    verify: () => verifySecrets(db, keys),
    check: () => keys.check(),
  };
}

function createBox(keys: DataKeys): Pick<Secrets, 'sealBytes' | 'openBytes'> {
  return {
    sealBytes: (tenantId, place, bytes) => sealAt(keys, placeParts(tenantId, place), bytes),
    openBytes: async (tenantId, place, sealed) => {
      const opened = await openAt(keys, placeParts(tenantId, place), sealed);
      if (opened === undefined) {
        throw new NeedsReentryError([place.field]);
      }
      return opened;
    },
  };
}
