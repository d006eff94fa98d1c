import { FREE_FOLDERS } from './import-rules';
import { syntaxOf } from './imports';
import { folderOf, sourceFiles, textOf } from './sources';

/** Roots hand the environment on as a whole; `runtime/config.ts` takes it as an argument. */
const ROOTS = new Set(['api/main.ts', 'worker/main.ts', 'admin/main.ts']);

/** Migrations run before and without the rest: they want one address and import nothing of ours. */
const READERS = new Set(['migrations/migrate.ts']);

function misusesOf(path: string, source: string): string[] {
  if (FREE_FOLDERS.includes(folderOf(path)) || READERS.has(path)) {
    return [];
  }
  return syntaxOf(source)
    .environment.filter((use) => use === 'read' || !ROOTS.has(path))
    .map((use) => `${path}: ${use}`);
}

it.each([
  ['store/a.ts', 'const url = process.env.DATABASE_URL;'],
  ['store/a.ts', "const url = process.env['DATABASE_URL'];"],
  ['store/a.ts', "const url = process['env'].DATABASE_URL;"],
  ['store/a.ts', 'const { env } = process;'],
  ['runtime/a.ts', 'loadConfig(process.env);'],
  ['api/main.ts', 'const port = process.env.API_PORT;'],
])('finds that %s may not say %j', (path, source) => {
  expect(misusesOf(path, source)).toHaveLength(1);
});

it('lets a root hand the environment on', () => {
  expect(misusesOf('api/main.ts', 'loadConfig(process.env);')).toEqual([]);
});

it('is read by nobody else', () => {
  expect(sourceFiles().flatMap((path) => misusesOf(path, textOf(path)))).toEqual([]);
});
