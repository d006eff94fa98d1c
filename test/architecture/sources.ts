import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** What is installed, built or written while running is not ours to judge. */
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage']);

/** Every file of the project, as a path from its root with forward slashes. */
export function projectFiles(): string[] {
  return filesBelow(ROOT)
    .map((path) => relative(ROOT, path).split(sep).join('/'))
    .filter((path) => !path.endsWith('.log'))
    .toSorted();
}

/** The TypeScript files in our folders. */
export function sourceFiles(): string[] {
  return projectFiles().filter((path) => path.endsWith('.ts') && path.includes('/'));
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The folder at the top that a path lies in, or is. */
export function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return isOurs(entry.name) ? filesBelow(path) : [];
    }
    return entry.isFile() ? [path] : [];
  });
}

/** Of the hidden folders only those of a CI are part of the project. */
function isOurs(folder: string): boolean {
  return !NOT_OURS.has(folder) && (!folder.startsWith('.') || folder === '.ci');
}
