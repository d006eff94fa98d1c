import { forbiddenImports } from './check-imports';
import { FREE_FOLDERS, RULES } from './import-rules';
import { syntaxOf } from './imports';
import { folderOf, sourceFiles, textOf } from './sources';

describe('the imports of a file', () => {
  it.each([
    ["import { a } from './a';", './a', false],
    ["import a, { type B } from './a';", './a', false],
    ["import * as a from './a';", './a', false],
    ["import './a';", './a', false],
    ["import {} from './a';", './a', false],
    ["import {\n  type A,\n  b,\n} from './a';", './a', false],
    ["import type { A } from './a';", './a', true],
    ["import { type A, type B } from './a';", './a', true],
    ["export { a } from './a';", './a', false],
    ["export * from './a';", './a', false],
    ["export * as a from './a';", './a', false],
    ["export type { A } from './a';", './a', true],
    ["export { type A } from './a';", './a', true],
    ["import a = require('./a');", './a', false],
    ["const a = await import('./a');", './a', false],
    ["function f() { return require('./a'); }", './a', false],
    ["const path = require.resolve('./a');", './a', false],
    ["let a: import('./a').A;", './a', true],
    ["let a: typeof import('./a');", './a', true],
    ['const a = require(name);', undefined, false],
    ['const a = await import(`./${name}`);', undefined, false],
  ])('are read from %j', (source, specifier, typeOnly) => {
    expect(syntaxOf(source).imports).toEqual([{ specifier, typeOnly }]);
  });

  it('are not what comments and texts say', () => {
    const source = [
      "// import { a } from './a';",
      "/* require('./a') */",
      'const text = "import { a } from \'./a\';";',
      "const more = `${text} import('./a')`;",
    ].join('\n');

    expect(syntaxOf(source).imports).toEqual([]);
  });
});

describe('the rules', () => {
  it.each([
    ['domain/a.ts', "import { z } from 'zod';"],
    ['domain/a.ts', "import { randomUUID } from 'node:crypto';"],
    ['domain/a.ts', "import type { Sql } from '../store/database';"],
    ['contract/a.ts', "import { createStore } from '../store/database';"],
    ['workflows/a.ts', "import { sendMessage } from '../activities/send-message';"],
    ['workflows/a.ts', "import { z } from 'zod';"],
    ['workflows/a.ts', "import { join } from 'node:path';"],
    ['activities/a.ts', "import { httpClient } from '../runtime/http-client';"],
    ['activities/a.ts', "import { createHttp } from '../runtime/http';"],
    ['callbacks/a.ts', "import { Connection } from '@temporalio/client';"],
    ['providers/a.ts', "import { request } from 'undici';"],
    ['providers/a.ts', "import { recordReceipt } from '../store/record-receipt';"],
    ['providers/a.ts', "import { createServer } from 'http';"],
    ['store/a.ts', "import { createPoster } from '../callbacks/poster';"],
    ['receipts/a.ts', "import { dispatch } from '../workflows/dispatch';"],
    ['api/a.ts', "import { dispatch } from '../workflows';"],
    ['api/a.ts', "import { createActivities } from '../activities';"],
    ['api/a.ts', "const knex = require('knex');"],
    ['api/handlers/a.ts', "export * from '../../dev/simulator/main';"],
    ['worker/a.ts', 'const part = await import(name);'],
    ['admin/a.ts', "import { createApp } from '../api/app';"],
    ['migrations/a.ts', "import { STATUSES } from '../domain/vocabulary';"],
    ['runtime/a.ts', "import { aDispatch } from '../test/support/builders';"],
    ['shared/a.ts', ''],
  ])('find it when %s has %j', (path, source) => {
    expect(forbiddenImports(path, source)).toHaveLength(1);
  });

  it.each([
    ['workflows/a.ts', "import type * as activities from '../activities';"],
    ['callbacks/a.ts', "import type { Client } from '@temporalio/client';"],
    ['providers/a.ts', "import type { HttpClient } from '../runtime/http';"],
    ['api/handlers/a.ts', "import { DISPATCH_WORKFLOW } from '../../workflows/ids';"],
    ['dev/a.ts', "import { createApp } from '../api/app';"],
  ])('let %s have %j', (path, source) => {
    expect(forbiddenImports(path, source)).toEqual([]);
  });

  it('are kept by every file', () => {
    const files = sourceFiles();

    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((path) => forbiddenImports(path, textOf(path)))).toEqual([]);
  });

  it('name only folders that exist', () => {
    const folders = new Set(sourceFiles().map(folderOf));

    expect(Object.keys(RULES).filter((folder) => !folders.has(folder))).toEqual([]);
    expect([...folders].filter((folder) => !(folder in RULES))).toEqual(
      FREE_FOLDERS.filter((folder) => folders.has(folder)).toSorted(),
    );
  });
});
