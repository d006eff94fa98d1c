import { migrations } from '../../migrations';
import { checkSchema, NEWEST_MIGRATION } from '../../store/schema-version';
import { createTestDatabase } from '../support/database';

describe('the schema a build was written for', () => {
  it('is the newest migration', () => {
    expect(NEWEST_MIGRATION).toBe(migrations.at(-1)?.name);
  });

  it('is found in a migrated database', async () => {
    const { database } = await createTestDatabase();

    await expect(checkSchema(database)).resolves.toBeUndefined();
  });

  it('is missed in an empty database', async () => {
    const { database } = await createTestDatabase({ migrated: false });

    await expect(checkSchema(database)).rejects.toThrow();
  });
});
