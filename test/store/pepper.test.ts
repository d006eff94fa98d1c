import type { Database } from '../../store/database';
import { loadPepper } from '../../store/pepper';
import { createTestDatabase } from '../support/database';
import { aMasterKey, secretsOf } from '../support/secrets';

let database: Database;
const k1 = aMasterKey('k1');

beforeEach(async () => {
  ({ database } = await createTestDatabase());
});

test('many processes that start at once on an empty database share one pepper', async () => {
  const peppers = await Promise.all(
    Array.from({ length: 8 }, () => loadPepper(database, secretsOf(database, k1))),
  );

  const hashes = new Set(peppers.map((pepper) => pepper.hashSecret('text').toString('hex')));
  expect(hashes.size).toBe(1);
  expect(await database.knex('secrets').where({ field: 'pepper' })).toHaveLength(1);
});

test('hashes are 32 bytes, the same for the same text and different for another', async () => {
  const pepper = await loadPepper(database, secretsOf(database, k1));

  expect(pepper.hashSecret('a')).toHaveLength(32);
  expect(pepper.hashSecret('a')).toEqual(pepper.hashSecret('a'));
  expect(pepper.hashSecret('a')).not.toEqual(pepper.hashSecret('b'));
});

test('another database hashes the same text differently', async () => {
  const other = await createTestDatabase();

  const one = await loadPepper(database, secretsOf(database, k1));
  const two = await loadPepper(other.database, secretsOf(other.database, k1));

  expect(one.hashSecret('a')).not.toEqual(two.hashSecret('a'));
});

test('a rotation of the master keys changes no hash', async () => {
  const before = await loadPepper(database, secretsOf(database, k1));
  const k2 = aMasterKey('k2');
  await secretsOf(database, `${k2},${k1}`).rotate({ data: true });

  const after = await loadPepper(database, secretsOf(database, k2));

  expect(after.hashSecret('a')).toEqual(before.hashSecret('a'));
});

test('a pepper that does not open is an error, and no second one is made', async () => {
  await loadPepper(database, secretsOf(database, k1));
  await database.knex.raw(
    `update secrets set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)`,
  );

  await expect(loadPepper(database, secretsOf(database, k1))).rejects.toThrow(/entered again/);
  expect(await database.knex('secrets')).toHaveLength(1);
});
