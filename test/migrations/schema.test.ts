import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import * as vocabulary from '../../domain/vocabulary';
import { OWNER_KINDS } from '../../store/secret-values';
import { createTestDatabase } from '../support/database';
import { dumpSchema } from '../support/schema-dump';

const FILE = join(__dirname, '../../migrations/schema.sql');
const HEADER = `-- The schema after all migrations. Written by: UPDATE_SCHEMA=1 npx jest test/migrations/schema\n\n`;

let client: Client;
let loaded: Client;

beforeAll(async () => {
  client = await connect(true);
  loaded = await connect(false);
});

afterAll(async () => {
  await client.end();
  await loaded.end();
});

async function connect(migrated: boolean): Promise<Client> {
  const { url } = await createTestDatabase({ migrated });
  const made = new Client({ connectionString: url });
  await made.connect();
  return made;
}

test('schema.sql is what the migrations make', async () => {
  const text = HEADER + (await dumpSchema(client));
  if (process.env.UPDATE_SCHEMA === '1') {
    await writeFile(FILE, text);
  }

  expect(text).toBe(await readFile(FILE, 'utf8'));
});

test('schema.sql can be run, and makes the same schema', async () => {
  await loaded.query(await readFile(FILE, 'utf8'));

  expect(await dumpSchema(loaded)).toBe(await dumpSchema(client));
});

test('every table and column has a comment', async () => {
  const text = await dumpSchema(client);

  expect(text).toMatch(/^comment on column messages\.id is '/m);
  expect(text.match(/^comment on .* is null;$/gm)).toBeNull();
});

test('every identifier is a plain name', async () => {
  const { rows } = await client.query(
    `select attname from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and attname !~ '^[a-z][a-z0-9_]*$'`,
  );

  expect(rows).toEqual([]);
});

test.each([
  ['applications', 'fee'],
  ['messages', 'price'],
])(
  'the check of %s.%s takes decimals and whole numbers, and nothing else',
  async (table, column) => {
    const { rows } = await client.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = $1::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%0-9%'`,
      [table],
    );
    const right = ['0', '12', '0.0333', '999999999999.999999999999'];
    const wrong = ['', '.5', '1.', '-1', '1e3'];
    const pattern = /'(\^.*\$)'/.exec(rows[0]?.definition ?? '')?.[1];
    const judged = await client.query<{ ok: boolean; text: string }>(
      `select text, text ~ $1 as ok from unnest($2::text[]) with ordinality as t (text, n) order by n`,
      [pattern, [...right, ...wrong]],
    );

    expect(rows[0]?.definition).toContain(column);
    expect(judged.rows.filter(({ ok }) => ok).map(({ text }) => text)).toEqual(right);
  },
);

const {
  CONDITIONS,
  MESSAGE_STATUSES,
  DISPATCH_STATUSES,
  CAUSES,
  STEP_OUTCOMES,
  ATTEMPT_STATES,
  RESOLUTIONS,
  UNKNOWN_POLICIES,
  RECEIPT_STATES,
  CALLBACK_STATES,
  CALLBACK_EVENTS,
  PROTOCOL_TYPES,
  DEFINITION_STATES,
  ACCOUNT_STATES,
} = vocabulary;

/** Every closed list that a column holds, by the name of its check constraint. */
const CLOSED_LISTS: readonly (readonly [string, readonly string[]])[] = [
  ['applications_href_style', ['spec', 'wire']],
  ['attempts_resolution', RESOLUTIONS],
  ['attempts_state', ATTEMPT_STATES],
  ['callbacks_event', CALLBACK_EVENTS],
  ['callbacks_state', CALLBACK_STATES],
  ['channel_definitions_state', DEFINITION_STATES],
  ['data_keys_state', ['live', 'retired']],
  ['dispatch_configs_on_unknown', UNKNOWN_POLICIES],
  ['dispatch_configs_state', ACCOUNT_STATES],
  ['dispatch_providers_protocol', PROTOCOL_TYPES],
  ['dispatches_cause', CAUSES],
  ['dispatches_status', DISPATCH_STATUSES],
  ['endpoints_state', ['active', 'disabled']],
  ['messages_condition', CONDITIONS],
  ['messages_outcome', STEP_OUTCOMES],
  ['messages_status', ['planned', ...MESSAGE_STATUSES]],
  ['receipts_state', RECEIPT_STATES],
  ['receipts_status', MESSAGE_STATUSES],
  ['secrets_owner_kind', OWNER_KINDS],
  ['secrets_state', ['live', 'retired']],
];

test('the closed lists of the vocabulary are the check constraints, all of them', async () => {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where contype = 'c' and connamespace = 'public'::regnamespace
       and pg_get_constraintdef(oid) ~ 'ANY \\(' order by conname`,
  );
  const inDatabase = rows.map(({ name, definition }) => [
    name,
    [...definition.matchAll(/'([^']*)'::text/g)].map(([, value]) => value),
  ]);

  expect(inDatabase).toEqual(CLOSED_LISTS);
});

test('the channel names that the table takes are those of the vocabulary', async () => {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint
     where conname = 'channel_definitions_channel_form'`,
  );

  expect(rows[0]?.definition).toContain(`'${vocabulary.CHANNEL_NAME.source}'`);
});
