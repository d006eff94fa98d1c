import { v7 as uuidV7 } from 'uuid';
import { Secret } from '../domain/secret';
import type { KeyFinder } from './data-keys';
import type { Sql, Statement } from './database';
import { openAt, placeParts, sealAt, type Place } from './places';

/** What owns a secret: a dispatch config, an application, or the platform itself. */
export const OWNER_KINDS = ['account', 'application', 'platform'] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];

export interface SecretOwner {
  readonly ownerKind: OwnerKind;
  readonly ownerId: string;
}

export interface SecretAddress extends SecretOwner {
  readonly field: string;
  readonly place: Place;
}

/** That a value is set, and since when; ISO 8601. Never the value. */
export interface SecretPresence {
  readonly field: string;
  readonly updatedAt: string;
}

/** Stored values that do not open at their place as it is now: somebody has to enter them again. */
export class NeedsReentryError extends Error {
  readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    super(`these stored secrets must be entered again: ${fields.join(', ')}`);
    this.name = 'NeedsReentryError';
    this.fields = fields;
  }
}

export interface SecretWriter {
  /** Sets the one value of a field, replacing what was there. */
  put(tenantId: string, address: SecretAddress, value: string): Promise<void>;
  /** Adds a value beside the ones that live, and retires all but the newest two. */
  add(tenantId: string, address: SecretAddress, value: string): Promise<void>;
  /** Deletes the values of one field, or all of an owner. */
  remove(tenantId: string, owner: SecretOwner, field?: string): Promise<void>;
}

export interface SecretReader {
  /** Every live value of an owner by field, opened at the place as it is now. Throws {@link NeedsReentryError}. */
  openAll(
    tenantId: string,
    owner: SecretOwner,
    placeOf: (field: string) => Place,
  ): Promise<Readonly<Record<string, Secret>>>;
  /** The live values of one field, newest first. Throws {@link NeedsReentryError}. */
  openField(tenantId: string, address: SecretAddress): Promise<Secret[]>;
  /** Which fields are set. */
  list(tenantId: string, owner: SecretOwner): Promise<SecretPresence[]>;
}

interface SecretRow {
  readonly id: string;
  readonly field: string;
  readonly sealed: Buffer;
  readonly updated_at: Date;
}

const COLUMNS = 'id, field, sealed, updated_at';
const LIVE = `from secrets
  where tenant_id = $1 and owner_kind = $2 and owner_id = $3 and state = 'live'`;
const NEWEST_FIRST = 'order by created_at desc, id desc';
const LIST: Statement = {
  name: 'secrets.list',
  text: `select ${COLUMNS} ${LIVE} ${NEWEST_FIRST}`,
};
const LIST_FIELD: Statement = {
  name: 'secrets.list_field',
  text: `select ${COLUMNS} ${LIVE} and field = $4 ${NEWEST_FIRST}`,
};
const LOCK_FIELD: Statement = {
  name: 'secrets.lock_field',
  text: `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
};
const INSERT: Statement = {
  name: 'secrets.insert',
  text: `insert into secrets (tenant_id, owner_kind, owner_id, field, id, place, sealed)
    values ($1, $2, $3, $4, $5, $6, $7)`,
};
const UPDATE: Statement = {
  name: 'secrets.update',
  text: `update secrets set place = $3, sealed = $4, updated_at = clock_timestamp()
    where tenant_id = $1 and id = $2`,
};
const RETIRE: Statement = {
  name: 'secrets.retire',
  text: `update secrets set state = 'retired' where tenant_id = $1 and id = any($2::uuid[])`,
};
const DELETE: Statement = {
  name: 'secrets.delete',
  text: `delete from secrets where tenant_id = $1 and owner_kind = $2 and owner_id = $3
    and ($4::text is null or field = $4)`,
};
/** Values of one field that live at a time under `add`: the new one and the one it takes over from. */
const MOST_LIVE = 2;

/** Writes through `sql`, which must be a transaction: a field is locked until it ends. */
export function createSecretWriter(sql: Sql, keys: KeyFinder): SecretWriter {
  return {
    put: async (tenantId, address, value) => {
      const [known] = await lockField(sql, tenantId, address);
      if (known === undefined) {
        return insert({ sql, keys, tenantId }, address, value);
      }
      const parts = placeParts(tenantId, {
        ...address.place,
        field: address.field,
        rowId: known.id,
      });
      const sealed = await sealAt(keys, parts, Buffer.from(value));
      await sql.rows(UPDATE, [tenantId, known.id, parts, sealed]);
    },
    add: async (tenantId, address, value) => {
      const known = await lockField(sql, tenantId, address);
      const over = known.slice(MOST_LIVE - 1).map(({ id }) => id);
      await sql.rows(RETIRE, [tenantId, over]);
      await insert({ sql, keys, tenantId }, address, value);
    },
    remove: async (tenantId, { ownerKind, ownerId }, field) => {
      await sql.rows(DELETE, [tenantId, ownerKind, ownerId, field ?? null]);
    },
  };
}

export function createSecretReader(sql: Sql, keys: KeyFinder): SecretReader {
  return {
    openAll: async (tenantId, { ownerKind, ownerId }, placeOf) => {
      const rows = await sql.rows<SecretRow>(LIST, [tenantId, ownerKind, ownerId]);
      const opened = await openRows({ keys, tenantId, placeOf }, rows);
      // Oldest first, so that the newest of several live values of a field is the one that stays.
      return Object.fromEntries(opened.reverse().map(({ field, value }) => [field, value]));
    },
    openField: async (tenantId, { ownerKind, ownerId, field, place }) => {
      const rows = await sql.rows<SecretRow>(LIST_FIELD, [tenantId, ownerKind, ownerId, field]);
      const opened = await openRows({ keys, tenantId, placeOf: () => place }, rows);
      return opened.map(({ value }) => value);
    },
    list: async (tenantId, { ownerKind, ownerId }) => {
      const rows = await sql.rows<SecretRow>(LIST, [tenantId, ownerKind, ownerId]);
      return rows.map((row) => ({ field: row.field, updatedAt: row.updated_at.toISOString() }));
    },
  };
}

interface Writing {
  readonly sql: Sql;
  readonly keys: KeyFinder;
  readonly tenantId: string;
}

async function insert(
  { sql, keys, tenantId }: Writing,
  address: SecretAddress,
  value: string,
): Promise<void> {
  const id = uuidV7();
  const { ownerKind, ownerId, field, place } = address;
  const parts = placeParts(tenantId, { ...place, field, rowId: id });
  const sealed = await sealAt(keys, parts, Buffer.from(value));
  await sql.rows(INSERT, [tenantId, ownerKind, ownerId, field, id, parts, sealed]);
}

/** No unique key can say "one live value", since a rotation has two: an advisory lock keeps writers of a field apart. */
async function lockField(
  sql: Sql,
  tenantId: string,
  { ownerKind, ownerId, field }: SecretAddress,
): Promise<SecretRow[]> {
  await sql.rows(LOCK_FIELD, [JSON.stringify(['secrets', tenantId, ownerKind, ownerId, field])]);
  return sql.rows<SecretRow>(LIST_FIELD, [tenantId, ownerKind, ownerId, field]);
}

interface Opening {
  readonly keys: KeyFinder;
  readonly tenantId: string;
  readonly placeOf: (field: string) => Place;
}

/** Opens all, and names every field that does not open, so that a person enters them all in one go. */
async function openRows(
  { keys, tenantId, placeOf }: Opening,
  rows: readonly SecretRow[],
): Promise<{ field: string; value: Secret }[]> {
  const opened: { field: string; value: Secret }[] = [];
  const closed: string[] = [];
  for (const { id, field, sealed } of rows) {
    const place = placeParts(tenantId, { ...placeOf(field), field, rowId: id });
    const bytes = await openAt(keys, place, sealed);
    if (bytes === undefined) {
      closed.push(field);
    } else {
      opened.push({ field, value: new Secret(bytes.toString('utf8')) });
    }
  }
  if (closed.length > 0) {
    throw new NeedsReentryError(closed);
  }
  return opened;
}
