import { projectFiles, textOf } from './sources';

const decisions = projectFiles().filter((path) => path.startsWith('docs/decisions/'));
const { dependencies, scripts } = JSON.parse(textOf('package.json')) as {
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
};

it('decisions are numbered without a gap', () => {
  const numbers = decisions.map((path) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]));

  expect(numbers).toEqual(decisions.map((_path, index) => index + 1));
});

it.each(decisions)('%s says why, what follows and what enforces it', (path) => {
  const text = textOf(path);
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);

  expect(text).toMatch(/^# \d{4} \S/);
  expect(headings).toEqual(['Context', 'Decision', 'Consequences', 'Example']);
  expect(text).toMatch(/^_Enforced by:_ \S/m);
});

it('every package that ships has its reason, and no other is listed', () => {
  const table = textOf('docs/decisions/0007-dependencies.md').match(/^\| .*$/gm) ?? [];
  const listed = table.slice(2).map((row) => (row.split('|')[1] ?? '').replaceAll('`', '').trim());

  expect(listed).toEqual(Object.keys(dependencies));
});

it.each(['README.md', 'CONTRIBUTING.md', 'docs/operations.md'])(
  'every npm script that %s names is there',
  (path) => {
    const named = [...textOf(path).matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)].map(
      ([, name = '']) => name,
    );

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  },
);

it('the front page stays a page', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(150);
});
