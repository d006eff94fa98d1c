import { createSecretKey, randomBytes } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { Database, Sql, Statement } from './database';
import { KeyRingError, type KeyRing } from './key-ring';
import { decrypt, encrypt, type DataKey } from './sealing';

export interface KeyFinder {
  /** The key that seals the tenant's values now; made at its first use. */
  live(tenantId: string): Promise<DataKey>;
  /** The key of a sealed value; undefined when the tenant has no such key. */
  find(tenantId: string, id: string): Promise<DataKey | undefined>;
}

/** One data key per tenant, wrapped by a master key, opened once per process and kept in memory. */
export interface DataKeys extends KeyFinder {
  /** The same keys and memory, looked up by `tx`: whoever holds a connection must not wait for a second one. */
  through(tx: Sql): KeyFinder;
  /** Throws a {@link KeyRingError} when a key in use is missing from the ring, or is not what it was. */
  check(): Promise<void>;
  /** Wraps every data key with the newest master key. Returns how many were wrapped anew. */
  rewrap(): Promise<number>;
  /** Retires every tenant's data key and makes a new one. Returns how many. */
  renew(): Promise<number>;
}

interface DataKeyRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly master_key_id: string;
  readonly wrapped: Buffer;
}

const COLUMNS = 'id, tenant_id, master_key_id, wrapped';
const FIND: Statement = {
  name: 'data_keys.find',
  text: `select ${COLUMNS} from data_keys where tenant_id = $1 and id = $2`,
};
const FIND_LIVE: Statement = {
  name: 'data_keys.find_live',
  text: `select ${COLUMNS} from data_keys where tenant_id = $1 and state = 'live'`,
};
const INSERT: Statement = {
  name: 'data_keys.insert',
  text: `insert into data_keys (id, tenant_id, master_key_id, wrapped) values ($1, $2, $3, $4)
    on conflict (tenant_id) where state = 'live' do nothing`,
};
const RETIRE: Statement = {
  name: 'data_keys.retire',
  text: `update data_keys set state = 'retired' where tenant_id = $1 and id = $2 and state = 'live'`,
};
const ONE_PER_MASTER_KEY: Statement = {
  name: 'data_keys.one_per_master_key',
  text: `select distinct on (master_key_id) ${COLUMNS} from data_keys order by master_key_id, id`,
};
const WRAPPED_BY_OTHERS: Statement = {
  name: 'data_keys.wrapped_by_others',
  text: `select ${COLUMNS} from data_keys where master_key_id <> $1 order by id limit 200`,
};
const REWRAP: Statement = {
  name: 'data_keys.rewrap',
  text: `update data_keys set master_key_id = $3, wrapped = $4
    where id = $1 and master_key_id = $2 returning id`,
};
const LIVE_TENANTS: Statement = {
  name: 'data_keys.live_tenants',
  text: `select ${COLUMNS} from data_keys where state = 'live' order by tenant_id`,
};

/**
 * How long a process goes on sealing with a key that another process has retired, in milliseconds. Retired keys still
 * open, so this costs nothing but a value that the next rotation seals again.
 */
const LIVE_FOR_MS = 60_000;
/** Opened keys kept at most; beyond, the memory is emptied and filled again by use. */
const MOST_KEPT = 20_000;

export function createDataKeys(db: Database, ring: KeyRing): DataKeys {
  const memory: Memory = { opened: new Map(), current: new Map() };
  const through = (sql: Sql): KeyFinder => createFinder({ sql, db, ring, memory });
  return {
    ...through(db),
    through,
    check: async () => {
      for (const row of await db.rows<DataKeyRow>(ONE_PER_MASTER_KEY)) {
        unwrap(ring, row);
      }
    },
    rewrap: () => rewrapAll(db, ring),
    renew: async () => {
      const count = await renewAll(db, ring);
      memory.current.clear();
      return count;
    },
  };
}

interface Memory {
  readonly opened: Map<string, DataKey>;
  readonly current: Map<string, { readonly key: DataKey; readonly until: number }>;
}

interface Finding {
  readonly sql: Sql;
  readonly db: Database;
  readonly ring: KeyRing;
  readonly memory: Memory;
}

function createFinder({ sql, db, ring, memory: { opened, current } }: Finding): KeyFinder {
  const keep = (row: DataKeyRow): DataKey => {
    const known = opened.get(row.id) ?? unwrap(ring, row);
    remember(opened, row.id, known);
    return known;
  };
  return {
    live: async (tenantId) => {
      const cached = current.get(tenantId);
      if (cached !== undefined && cached.until > performance.now()) {
        return cached.key;
      }
      const row = await sql.row<DataKeyRow>(FIND_LIVE, [tenantId]);
      const key = keep(row ?? (await createLive(db, ring, tenantId)));
      remember(current, tenantId, { key, until: performance.now() + LIVE_FOR_MS });
      return key;
    },
    find: async (tenantId, id) => {
      const known = opened.get(id);
      if (known !== undefined) {
        return known.tenantId === tenantId ? known : undefined;
      }
      const row = await sql.row<DataKeyRow>(FIND, [tenantId, id]);
      return row === undefined ? undefined : keep(row);
    },
  };
}

function remember<Key, Value>(memory: Map<Key, Value>, key: Key, value: Value): void {
  if (memory.size >= MOST_KEPT) {
    memory.clear();
  }
  memory.set(key, value);
}

/**
 * Outside any transaction: a key that seals a value must not vanish by a rollback while it is in memory. Whoever comes
 * second inserts nothing and finds the first one's key.
 */
async function createLive(db: Database, ring: KeyRing, tenantId: string): Promise<DataKeyRow> {
  await db.rows(INSERT, newRow(ring, tenantId));
  const made = await db.row<DataKeyRow>(FIND_LIVE, [tenantId]);
  if (made === undefined) {
    throw new Error('a live data key is missing right after it was made');
  }
  return made;
}

function newRow(ring: KeyRing, tenantId: string): unknown[] {
  const id = uuidV7();
  const wrapped = encrypt(ring.newest.key, boundOf(tenantId, id), randomBytes(32));
  return [id, tenantId, ring.newest.id, wrapped];
}

/** What a wrapped key is bound to: it opens in no other row. */
function boundOf(tenantId: string, id: string): string {
  return JSON.stringify(['data-key', tenantId, id]);
}

function unwrapBytes(ring: KeyRing, row: DataKeyRow): Buffer {
  const master = ring.find(row.master_key_id);
  if (master === undefined) {
    throw new KeyRingError(`key ${row.master_key_id} is missing, and stored secrets need it`);
  }
  const bytes = decrypt(master.key, boundOf(row.tenant_id, row.id), row.wrapped);
  if (bytes === undefined) {
    throw new KeyRingError(`key ${row.master_key_id} is not the key that sealed stored secrets`);
  }
  return bytes;
}

function unwrap(ring: KeyRing, row: DataKeyRow): DataKey {
  return { id: row.id, tenantId: row.tenant_id, key: createSecretKey(unwrapBytes(ring, row)) };
}

/** Row by row, each update checked against the key it was read with: resumable, and safe beside a second rotation. */
async function rewrapAll(db: Database, ring: KeyRing): Promise<number> {
  const { id: newestId, key } = ring.newest;
  let count = 0;
  for (;;) {
    const rows = await db.rows<DataKeyRow>(WRAPPED_BY_OTHERS, [newestId]);
    if (rows.length === 0) {
      return count;
    }
    for (const row of rows) {
      const wrapped = encrypt(key, boundOf(row.tenant_id, row.id), unwrapBytes(ring, row));
      const done = await db.rows(REWRAP, [row.id, row.master_key_id, newestId, wrapped]);
      count += done.length;
    }
  }
}

async function renewAll(db: Database, ring: KeyRing): Promise<number> {
  const rows = await db.rows<DataKeyRow>(LIVE_TENANTS);
  for (const row of rows) {
    await db.transaction(async (tx) => {
      await tx.rows(RETIRE, [row.tenant_id, row.id]);
      await tx.rows(INSERT, newRow(ring, row.tenant_id));
    });
  }
  return rows.length;
}
