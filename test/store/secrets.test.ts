import { randomBytes, randomInt } from 'node:crypto';
import type { Database } from '../../store/database';
import { KeyRingError } from '../../store/key-ring';
import type { Place, RowPlace } from '../../store/places';
import { NeedsReentryError } from '../../store/secret-values';
import type { Secrets } from '../../store/secrets';
import { createTestDatabase } from '../support/database';
import { aMasterKey, anAddress, aTenant, secretsOf } from '../support/secrets';

let database: Database;
let secrets: Secrets;
let tenantId: string;
const masterKey = aMasterKey('k1');
const owner = { ownerKind: 'account', ownerId: 'account-1' } as const;
const { place } = anAddress();

beforeAll(async () => {
  ({ database } = await createTestDatabase());
});

beforeEach(async () => {
  await database.knex.raw('truncate secrets, data_keys');
  secrets = secretsOf(database, masterKey);
  tenantId = await aTenant(database);
});

async function openedFields(at: Place = place): Promise<Record<string, string>> {
  const opened = await secrets.openAll(tenantId, owner, () => at);
  return Object.fromEntries(
    Object.entries(opened).map(([field, value]) => [field, value.reveal()]),
  );
}

describe('stored values', () => {
  test('open by field, as they were put', async () => {
    await secrets.put(tenantId, anAddress({ field: 'apiKey' }), 'key-ä€😀');
    await secrets.put(tenantId, anAddress({ field: 'apiSecret' }), '');

    expect(await openedFields()).toEqual({ apiKey: 'key-ä€😀', apiSecret: '' });
  });

  test('open in a process that has never seen their key', async () => {
    await secrets.put(tenantId, anAddress(), 'value');

    secrets = secretsOf(database, masterKey);

    expect(await openedFields()).toEqual({ apiKey: 'value' });
  });

  test('are nowhere in the tables as plain text', async () => {
    await secrets.put(tenantId, anAddress(), 'canary-51c2');

    const { rows } = await database.knex.raw(
      `select string_agg(encode(sealed, 'escape') || encode(sealed, 'hex') || encode(sealed, 'base64')
         || secrets::text, ' ') as text from secrets`,
    );

    expect(rows[0].text).toContain('apiKey');
    expect(rows[0].text).not.toMatch(/canary-51c2|63616e6172792d35|Y2FuYXJ5/);
  });

  test('are replaced by another put, in the same row', async () => {
    await secrets.put(tenantId, anAddress(), 'old');
    const [before] = await database.knex('secrets').select('id', 'created_at', 'updated_at');
    await secrets.put(tenantId, anAddress(), 'new');

    const after = await database.knex('secrets').select('id', 'created_at', 'updated_at');
    expect(after).toEqual([{ ...before, updated_at: expect.any(Date) }]);
    expect(after[0].updated_at.getTime()).toBeGreaterThan(before.updated_at.getTime());
    expect(await openedFields()).toEqual({ apiKey: 'new' });
  });

  test('stay one value when many write the same field at once', async () => {
    const values = Array.from({ length: 12 }, (_, index) => `value-${index}`);

    await Promise.all(values.map((value) => secrets.put(tenantId, anAddress(), value)));

    expect(await database.knex('secrets').select('id')).toHaveLength(1);
    expect(values).toContain((await openedFields())['apiKey']);
  });

  test('are listed as set and since when, without the value', async () => {
    await secrets.put(tenantId, anAddress(), 'value');

    expect(await secrets.list(tenantId, owner)).toEqual([
      { field: 'apiKey', updatedAt: expect.stringMatching(/^20\d\d-.*Z$/) },
    ]);
  });

  test('are removed by field, or all of an owner at once', async () => {
    for (const field of ['one', 'two', 'three']) {
      await secrets.put(tenantId, anAddress({ field }), field);
    }
    await secrets.remove(tenantId, owner, 'two');
    expect(await openedFields()).toEqual({ one: 'one', three: 'three' });

    await secrets.remove(tenantId, owner);

    expect(await openedFields()).toEqual({});
  });

  test('written in a transaction that fails are not written', async () => {
    const failing = database.transaction(async (tx) => {
      await secrets.within(tx).put(tenantId, anAddress(), 'value');
      throw new Error('no');
    });

    await expect(failing).rejects.toThrow('no');
    expect(await openedFields()).toEqual({});
  });

  test('need one connection at a time, also where a transaction is open', async () => {
    const small = await createTestDatabase({ poolSize: 1 });
    const tight = secretsOf(small.database, masterKey);
    const one = await aTenant(small.database);
    await tight.prepare(one);

    await secretsOf(small.database, masterKey).put(one, anAddress(), 'value');
    const again = secretsOf(small.database, masterKey);
    const opened = await small.database.transaction(async (tx) => {
      await again.within(tx).put(one, anAddress({ field: 'other' }), 'value');
      return secretsOf(small.database, masterKey)
        .within(tx)
        .openAll(one, owner, () => place);
    });

    expect(Object.keys(opened).toSorted()).toEqual(['apiKey', 'other']);
  });

  test('of another tenant are not found, opened or removed', async () => {
    await secrets.put(tenantId, anAddress(), 'value');
    const other = await aTenant(database);
    await secrets.remove(other, owner);

    expect(await secrets.openAll(other, owner, () => place)).toEqual({});
    expect(await secrets.list(other, owner)).toEqual([]);
    expect(await openedFields()).toEqual({ apiKey: 'value' });
  });
});

describe('two values of one field', () => {
  test('open newest first, and a third retires the oldest', async () => {
    for (const value of ['first', 'second', 'third']) {
      await secrets.add(tenantId, anAddress(), value);
    }

    const opened = await secrets.openField(tenantId, anAddress());

    expect(opened.map((value) => value.reveal())).toEqual(['third', 'second']);
    expect(await openedFields()).toEqual({ apiKey: 'third' });
  });
});

describe('a value at a place it was not sealed for', () => {
  const moves: [string, Partial<Place>][] = [
    ['another host', { host: 'evil.example' }],
    ['another provider', { provider: 'OTHER' }],
    ['another channel', { channel: 'mms' }],
    ['a part moved into the next', { provider: 'ACME","api.acme.example', host: '' }],
  ];

  test.each(moves)('does not open at %s', async (_where, change) => {
    await secrets.put(tenantId, anAddress(), 'value');
    await secrets.put(tenantId, anAddress({ field: 'other' }), 'value');

    const opening = openedFields({ ...place, ...change });

    await expect(opening).rejects.toThrow(NeedsReentryError);
    await expect(opening).rejects.toMatchObject({ fields: ['other', 'apiKey'] });
  });

  test('does not open when its bytes are copied to another field, row, owner or tenant', async () => {
    const other = await aTenant(database);
    await secrets.put(tenantId, anAddress(), 'value');
    await secrets.put(tenantId, anAddress({ field: 'label' }), 'shown to everybody');
    await secrets.put(other, anAddress(), 'foreign');
    const sealed = database
      .knex('secrets')
      .select('sealed')
      .where({ tenant_id: tenantId, field: 'apiKey' });

    await database
      .knex('secrets')
      .update({ sealed })
      .where({ tenant_id: tenantId, field: 'label' });
    await database.knex('secrets').update({ sealed }).where({ tenant_id: other });

    await expect(openedFields()).rejects.toMatchObject({ fields: ['label'] });
    await expect(secrets.openAll(other, owner, () => place)).rejects.toThrow(NeedsReentryError);
    expect((await secrets.verify()).faults).toHaveLength(2);
  });

  test('opens again once it was entered again', async () => {
    await secrets.put(tenantId, anAddress(), 'value');
    const moved = { ...place, host: 'api2.acme.example' };

    await secrets.put(tenantId, anAddress({ place: moved }), 'again');

    expect(await openedFields(moved)).toEqual({ apiKey: 'again' });
  });
});

describe('sealed bytes', () => {
  const rowPlace: RowPlace = { ...place, field: 'raw', rowId: 'receipt-1' };

  test('open where they were sealed, byte for byte', async () => {
    const bytes = randomBytes(70_000);

    const sealed = await secrets.sealBytes(tenantId, rowPlace, bytes);

    expect(await secrets.openBytes(tenantId, rowPlace, sealed)).toEqual(bytes);
  });

  test('differ each time the same value is sealed', async () => {
    const seal = (): Promise<Buffer> => secrets.sealBytes(tenantId, rowPlace, Buffer.from('same'));

    expect((await seal()).equals(await seal())).toBe(false);
  });

  test('with any one bit flipped never open: 10,000 flips', async () => {
    const sealed = await secrets.sealBytes(tenantId, rowPlace, randomBytes(64));
    let opened = 0;
    for (let flip = 0; flip < 10_000; flip += 1) {
      const altered = Buffer.from(sealed);
      // Every bit once, then bits at random together with a second one.
      const bit = flip % (sealed.length * 8);
      altered.writeUInt8((altered[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      if (flip >= sealed.length * 8) {
        const at = bit >> 3 === 20 ? 21 : 20;
        altered.writeUInt8((altered[at] ?? 0) ^ randomInt(1, 256), at);
      }
      opened += await secrets.openBytes(tenantId, rowPlace, altered).then(
        () => 1,
        (error: unknown) => (error instanceof NeedsReentryError ? 0 : 1),
      );
    }

    expect(opened).toBe(0);
  }, 60_000);

  test.each([0, 1, 16, 17, 44, 45, 60])('cut to %i bytes do not open', async (length) => {
    const sealed = await secrets.sealBytes(tenantId, rowPlace, Buffer.from('a value'));

    const opening = secrets.openBytes(
      tenantId,
      rowPlace,
      sealed.subarray(0, Math.min(length, sealed.length - 1)),
    );

    await expect(opening).rejects.toThrow(NeedsReentryError);
  });

  test.each<[string, Partial<RowPlace>]>([
    ['row', { rowId: 'receipt-2' }],
    ['field', { field: 'body' }],
    ['host', { host: 'other.example' }],
  ])('do not open as another %s', async (_what, change) => {
    const sealed = await secrets.sealBytes(tenantId, rowPlace, Buffer.from('a value'));

    const opening = secrets.openBytes(tenantId, { ...rowPlace, ...change }, sealed);

    await expect(opening).rejects.toThrow(NeedsReentryError);
  });

  test('do not open for another tenant, though its process knows the key', async () => {
    const other = await aTenant(database);
    const sealed = await secrets.sealBytes(tenantId, rowPlace, Buffer.from('a value'));

    await expect(secrets.openBytes(other, rowPlace, sealed)).rejects.toThrow(NeedsReentryError);
  });

  test('open in less than a tenth of a millisecond once the key is in memory', async () => {
    const sealed = await secrets.sealBytes(
      tenantId,
      rowPlace,
      Buffer.from('a token of usual length'),
    );
    const times: number[] = [];
    for (let run = 0; run < 500; run += 1) {
      const started = performance.now();
      await secrets.openBytes(tenantId, rowPlace, sealed);
      times.push(performance.now() - started);
    }

    expect(times.toSorted((a, b) => a - b)[250]).toBeLessThan(0.1);
  });
});

describe('data keys', () => {
  test('are one per tenant, however many processes seal first at once', async () => {
    const processes = Array.from({ length: 8 }, () => secretsOf(database, masterKey));
    const rowPlace: RowPlace = { ...place, field: 'raw', rowId: 'receipt-1' };

    const sealed = await Promise.all(
      processes.map((one) => one.sealBytes(tenantId, rowPlace, Buffer.from('value'))),
    );

    expect(await database.knex('data_keys').where({ tenant_id: tenantId })).toHaveLength(1);
    for (const bytes of sealed) {
      expect((await secrets.openBytes(tenantId, rowPlace, bytes)).toString()).toBe('value');
    }
  });

  test('do not open when one is copied over that of another tenant', async () => {
    const other = await aTenant(database);
    await secrets.put(tenantId, anAddress(), 'value');
    await secrets.put(other, anAddress(), 'value');
    const wrapped = database.knex('data_keys').select('wrapped').where({ tenant_id: other });
    await database.knex('data_keys').update({ wrapped }).where({ tenant_id: tenantId });

    secrets = secretsOf(database, masterKey);

    await expect(openedFields()).rejects.toThrow(KeyRingError);
  });

  test('wrapped by a key that is missing or different are found by the check at start', async () => {
    await secrets.put(tenantId, anAddress(), 'value');

    await expect(secrets.check()).resolves.toBeUndefined();
    await expect(secretsOf(database, aMasterKey('k2')).check()).rejects.toThrow(
      /key k1 is missing/,
    );
    await expect(secretsOf(database, aMasterKey('k1')).check()).rejects.toThrow(/not the key/);
    await expect(
      secretsOf(database, `${aMasterKey('k2')},${masterKey}`).check(),
    ).resolves.toBeUndefined();
  });
});
