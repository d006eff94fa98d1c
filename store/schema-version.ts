import type { Sql, Statement } from './database';

/** The newest migration this build was written for. */
export const NEWEST_MIGRATION = '20261122100700-keys-and-audit';

const FIND: Statement = {
  name: 'schema-version',
  text: `select 1 from schema_migrations where name = $1`,
};

/** Throws while the schema is older than this build. */
export async function checkSchema(sql: Sql): Promise<void> {
  if ((await sql.row(FIND, [NEWEST_MIGRATION])) === undefined) {
    throw new Error(`the schema lacks migration ${NEWEST_MIGRATION}: run npm run migrate -- up`);
  }
}
