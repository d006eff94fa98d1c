import type { DataKeys } from './data-keys';
import type { Database, Statement } from './database';
import { openAt, sealAt } from './places';
import { dataKeyIdOf } from './sealing';

/** A stored value that does not open at the place it was sealed for. */
export interface SecretFault {
  readonly id: string;
  readonly tenantId: string;
  readonly ownerKind: string;
  readonly ownerId: string;
  readonly field: string;
}

export interface Rotation {
  /** Data keys wrapped with the newest master key. */
  readonly rewrapped: number;
  /** Data keys made anew. */
  readonly renewed: number;
  /** Values sealed again because a retired data key had sealed them. */
  readonly resealed: number;
  readonly faults: readonly SecretFault[];
}

export interface Verification {
  readonly opened: number;
  readonly faults: readonly SecretFault[];
}

interface StoredRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly owner_kind: string;
  readonly owner_id: string;
  readonly field: string;
  readonly place: string[];
  readonly sealed: Buffer;
}

/** Across all tenants on purpose: this is the operator's upkeep, and no caller reaches it. */
const PAGE: Statement = {
  name: 'secrets.page',
  text: `select id, tenant_id, owner_kind, owner_id, field, place, sealed from secrets
    where id > $1 order by id limit 200`,
};
const RESEAL: Statement = {
  name: 'secrets.reseal',
  text: `update secrets set sealed = $4 where tenant_id = $1 and id = $2 and sealed = $3
    returning id`,
};
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Each step leaves every value openable, so it runs beside live traffic, and again after an interruption. */
export async function rotateSecrets(
  db: Database,
  keys: DataKeys,
  withNewDataKeys: boolean,
): Promise<Rotation> {
  const rewrapped = await keys.rewrap();
  const renewed = withNewDataKeys ? await keys.renew() : 0;
  let resealed = 0;
  const faults = await eachRow(db, async (row) => {
    const outcome = await reseal(db, keys, row);
    resealed += outcome === 'resealed' ? 1 : 0;
    return outcome !== 'fault';
  });
  return { rewrapped, renewed, resealed, faults };
}

export async function verifySecrets(db: Database, keys: DataKeys): Promise<Verification> {
  await keys.check();
  let opened = 0;
  const faults = await eachRow(db, async (row) => {
    const isOpen = isAtHome(row) && (await openAt(keys, row.place, row.sealed)) !== undefined;
    opened += isOpen ? 1 : 0;
    return isOpen;
  });
  return { opened, faults };
}

/** Pages by id: no long transaction, and memory stays flat. Returns the rows that `check` calls bad. */
async function eachRow(
  db: Database,
  check: (row: StoredRow) => Promise<boolean>,
): Promise<SecretFault[]> {
  const faults: SecretFault[] = [];
  let after = FIRST_ID;
  for (;;) {
    const rows = await db.rows<StoredRow>(PAGE, [after]);
    for (const row of rows) {
      if (!(await check(row))) {
        faults.push(faultOf(row));
      }
      after = row.id;
    }
    if (rows.length === 0) {
      return faults;
    }
  }
}

function faultOf(row: StoredRow): SecretFault {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    ownerKind: row.owner_kind,
    ownerId: row.owner_id,
    field: row.field,
  };
}

/** Whether the place kept beside the value names the row it lies in: a copied row does not. */
function isAtHome({ place, tenant_id, field, id }: StoredRow): boolean {
  return place[0] === tenant_id && place[4] === field && place[5] === id;
}

async function reseal(
  db: Database,
  keys: DataKeys,
  row: StoredRow,
): Promise<'current' | 'resealed' | 'fault'> {
  const live = await keys.live(row.tenant_id);
  if (isAtHome(row) && dataKeyIdOf(row.sealed) === live.id) {
    return 'current';
  }
  const bytes = isAtHome(row) ? await openAt(keys, row.place, row.sealed) : undefined;
  if (bytes === undefined) {
    return 'fault';
  }
  // Whoever set a new value meanwhile has sealed it with the live key: then there is nothing left to do.
  const sealed = await sealAt(keys, row.place, bytes);
  const done = await db.rows(RESEAL, [row.tenant_id, row.id, row.sealed, sealed]);
  return done.length > 0 ? 'resealed' : 'current';
}
