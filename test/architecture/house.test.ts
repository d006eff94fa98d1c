import { syntaxOf } from './imports';
import { projectFiles, sourceFiles, textOf } from './sources';

const MAX_LINES = 250;

/** Written in two parts, so that this file does not find itself. */
const MACHINE_FOLDERS = ['work', 'root'].map((name) => `/${name}`).join('|');
const MACHINE_PATH = new RegExp(
  String.raw`(?<![\w.@:})~/*-])(${MACHINE_FOLDERS})(/\w|["'\`\s]|$)`,
  'm',
);

const UNFINISHED =
  /\b(describe|it|test)(\.\w+)*\.(only|todo|skip|failing)\b|\b(f|x)(describe|it)\(/;

const isTest = (path: string): boolean => path.startsWith('test/');

test('a path of some machine is recognised', () => {
  const [folder] = MACHINE_FOLDERS.split('|');

  expect(MACHINE_PATH.test(`see ${folder}/main`)).toBe(true);
  expect(MACHINE_PATH.test(`'${folder}'`)).toBe(true);
  expect(
    MACHINE_PATH.test("'../workflows/ids' and /workflows/:id and https://a.example/work/1"),
  ).toBe(false);
});

test('no file speaks of a path of some machine', () => {
  const text = projectFiles().filter((path) => !/\.(png|jpe?g|gif|ico|gz)$/.test(path));

  expect(text.filter((path) => MACHINE_PATH.test(textOf(path)))).toEqual([]);
});

test('a test that is left out or alone is recognised', () => {
  for (const word of ['only', 'todo', 'skip']) {
    expect(UNFINISHED.test(`it.${word}('is so', () => {});`)).toBe(true);
    expect(UNFINISHED.test(`test.concurrent.${word}('is so', () => {});`)).toBe(true);
  }
});

test('no test is left out, alone or yet to be written', () => {
  const tests = sourceFiles().filter((path) => path.endsWith('.test.ts'));

  expect(tests.length).toBeGreaterThan(20);
  expect(tests.filter((path) => UNFINISHED.test(textOf(path)))).toEqual([]);
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = sourceFiles()
    .filter((path) => !isTest(path))
    .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);

  expect(long).toEqual([]);
});

test('closed lists are arrays of text and not enums', () => {
  expect(syntaxOf('export enum Color { Red }').enums).toEqual(['Color']);
  expect(sourceFiles().filter((path) => syntaxOf(textOf(path)).enums.length > 0)).toEqual([]);
});

test('files are named in kebab-case', () => {
  const names = sourceFiles().map((path) => path.slice(path.lastIndexOf('/') + 1));

  expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(name))).toEqual([]);
});
