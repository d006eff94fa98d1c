import type { Database } from '../../store/database';
import type { Secrets } from '../../store/secrets';
import { createTestDatabase } from '../support/database';
import { aMasterKey, anAddress, aTenant, secretsOf } from '../support/secrets';

let database: Database;
let oldSecrets: Secrets;
let bothSecrets: Secrets;
const k1 = aMasterKey('k1');
const k2 = aMasterKey('k2');
const { place } = anAddress();

beforeAll(async () => {
  ({ database } = await createTestDatabase());
});

beforeEach(async () => {
  await database.knex.raw('truncate secrets, data_keys');
  oldSecrets = secretsOf(database, k1);
  bothSecrets = secretsOf(database, `${k2},${k1}`);
});

/** `count` tenants, one value each. Returns the tenants. */
async function someValues(count: number): Promise<string[]> {
  const tenants: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const tenantId = await aTenant(database);
    await oldSecrets.put(tenantId, anAddress(), `value of ${tenantId}`);
    tenants.push(tenantId);
  }
  return tenants;
}

async function valueOf(secrets: Secrets, tenantId: string): Promise<string | undefined> {
  const owner = { ownerKind: 'account', ownerId: 'account-1' } as const;
  return (await secrets.openAll(tenantId, owner, () => place))['apiKey']?.reveal();
}

test('after a rotation the old master key is needed no more', async () => {
  const tenants = await someValues(3);

  expect(await bothSecrets.rotate()).toEqual({ rewrapped: 3, renewed: 0, resealed: 0, faults: [] });

  const onlyNew = secretsOf(database, k2);
  await onlyNew.check();
  for (const tenantId of tenants) {
    expect(await valueOf(onlyNew, tenantId)).toBe(`value of ${tenantId}`);
  }
});

test('a second rotation finds nothing to do', async () => {
  await someValues(2);
  await bothSecrets.rotate();

  expect(await bothSecrets.rotate()).toEqual({ rewrapped: 0, renewed: 0, resealed: 0, faults: [] });
});

test('a rotation that was interrupted is finished by the next, across pages', async () => {
  const tenants = await someValues(2);
  await database.knex.raw(
    `insert into tenants (id, name) select gen_random_uuid(), 'many' from generate_series(1, 450)`,
  );
  const many = await database.knex('tenants').where({ name: 'many' }).pluck('id');
  for (const id of many) {
    await oldSecrets.put(id, anAddress(), `value of ${id}`);
  }
  await database.knex.raw(`create function stop() returns trigger language plpgsql as
    $$ begin if (select count(*) from data_keys where master_key_id = 'k2') > 150 then raise 'stop'; end if;
       return new; end $$;
    create trigger stop before update on data_keys for each row execute function stop()`);

  await expect(bothSecrets.rotate()).rejects.toThrow('stop');
  await database.knex.raw('drop trigger stop on data_keys; drop function stop()');

  const { rewrapped } = await bothSecrets.rotate();
  expect(rewrapped).toBe(452 - 151);
  expect(await valueOf(secretsOf(database, k2), tenants[0] ?? '')).toBe(`value of ${tenants[0]}`);
  expect((await secretsOf(database, k2).verify()).opened).toBe(452);
}, 60_000);

test('two rotations at once wrap each key once', async () => {
  await someValues(20);

  const results = await Promise.all([
    bothSecrets.rotate(),
    secretsOf(database, `${k2},${k1}`).rotate(),
  ]);

  expect(results.reduce((sum, { rewrapped }) => sum + rewrapped, 0)).toBe(20);
});

test('new data keys seal everything again, and the old ones still open what lies elsewhere', async () => {
  const [tenantId = ''] = await someValues(2);
  const rowPlace = { ...place, field: 'raw', rowId: 'receipt-1' };
  const elsewhere = await oldSecrets.sealBytes(tenantId, rowPlace, Buffer.from('body'));

  expect(await bothSecrets.rotate({ data: true })).toMatchObject({ renewed: 2, resealed: 2 });

  const onlyNew = secretsOf(database, k2);
  expect(await valueOf(onlyNew, tenantId)).toBe(`value of ${tenantId}`);
  expect((await onlyNew.openBytes(tenantId, rowPlace, elsewhere)).toString()).toBe('body');
  const keys = await database.knex('data_keys').where({ tenant_id: tenantId }).pluck('state');
  expect(keys.toSorted()).toEqual(['live', 'retired']);
});

test('what a process sealed with a key retired meanwhile opens, and the next rotation seals it anew', async () => {
  const [tenantId = ''] = await someValues(1);
  await bothSecrets.rotate({ data: true });
  await oldSecrets.put(tenantId, anAddress(), 'late');

  expect(await valueOf(bothSecrets, tenantId)).toBe('late');
  expect(await bothSecrets.rotate()).toMatchObject({ resealed: 1 });
  expect(await valueOf(secretsOf(database, k2), tenantId)).toBe('late');
});

test('no read fails while keys and values are rotated again and again', async () => {
  const tenants = await someValues(10);
  let isOver = false;
  let reads = 0;
  const reader = async (): Promise<void> => {
    while (!isOver) {
      // A new process each time: nothing is in memory, everything comes from the rows as they are now.
      const secrets = secretsOf(database, `${k2},${k1}`);
      for (const tenantId of tenants) {
        expect(await valueOf(secrets, tenantId)).toBe(`value of ${tenantId}`);
        reads += 1;
      }
    }
  };

  const readers = Promise.all([reader(), reader()]);
  const backwards = secretsOf(database, `${k1},${k2}`);
  for (let round = 0; round < 6; round += 1) {
    await (round % 2 === 0 ? bothSecrets : backwards).rotate({ data: true });
  }
  isOver = true;
  await readers;

  expect(reads).toBeGreaterThan(20);
});

test('verify opens everything and names what does not open', async () => {
  const [first = '', second = ''] = await someValues(3);
  await database.knex('secrets').where({ tenant_id: first }).update({ owner_id: 'renamed' });
  await database
    .knex('secrets')
    .where({ tenant_id: second })
    .update({ sealed: Buffer.from('not sealed by us, but long enough to look like it') });

  const { opened, faults } = await oldSecrets.verify();

  expect(opened).toBe(2);
  expect(faults).toEqual([
    expect.objectContaining({ tenantId: second, ownerKind: 'account', field: 'apiKey' }),
  ]);
});

test('a rotation leaves a value that does not open as it is, and names it', async () => {
  const [tenantId = ''] = await someValues(2);
  await database
    .knex('secrets')
    .where({ tenant_id: tenantId })
    .update({ place: ['x', 'y'] });

  const { faults, resealed } = await bothSecrets.rotate({ data: true });

  expect(resealed).toBe(1);
  expect(faults).toEqual([expect.objectContaining({ tenantId })]);
});
