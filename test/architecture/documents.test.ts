import { isThere, mentionedPaths } from './documents';
import { folderOf, projectFiles, textOf } from './sources';

const files = projectFiles();
const folders = [...new Set(files.filter((path) => path.includes('/')).map(folderOf))];
const documents = files.filter(
  (path) => /^(README|CONTRIBUTING|CHANGELOG)\.md$/.test(path) || /^docs\/.*\.md$/.test(path),
);

function missingIn(document: string, markdown: string): string[] {
  return mentionedPaths(markdown, folders)
    .filter((mention) => !isThere(mention, document, files))
    .map(({ text }) => `${document}: ${text}`);
}

it.each([
  '`domain/gone.ts`',
  '`gone.ts`',
  '`store/gone/`',
  'run `npx jest test/gone`',
  '`middleware/gone.ts`',
  '[a link](gone.md)',
  '[a link](../api/gone.ts#L3)',
])('a file that is not there is found in %s', (markdown) => {
  expect(missingIn('docs/a.md', markdown)).toHaveLength(1);
});

it.each([
  '`domain/vocabulary.ts`',
  '`vocabulary.ts`',
  '`middleware/problem.ts`',
  '`migrations/<timestamp>-<what>.ts`',
  '`workflows/{ids,signals}.ts`',
  '`test/domain/`',
  '`domain`',
  '`npx jest test/migrations/schema`',
  '`application/json`, `GET /v0.1/dispatch`, `@temporalio/workflow`, `.dev/stack.json`',
  '```\ndomain/gone.ts `store/gone.ts`\n```',
  '[settings](settings.md#top), [elsewhere](https://example.com/gone.md), [here](#here)',
])('no file is missed in %s', (markdown) => {
  expect(missingIn('docs/a.md', markdown)).toEqual([]);
});

it('every file that a document names is there', () => {
  expect(documents).toContain('CONTRIBUTING.md');
  expect(documents.flatMap((path) => missingIn(path, textOf(path)))).toEqual([]);
});
