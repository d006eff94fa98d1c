import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { FREE_FOLDERS, RULES, type FolderRule } from './import-rules';
import { syntaxOf, type Import } from './imports';
import { folderOf } from './sources';

/** Every import of the file that its folder's rule forbids, in words. */
export function forbiddenImports(path: string, source: string): string[] {
  const folder = folderOf(path);
  if (FREE_FOLDERS.includes(folder)) {
    return [];
  }
  const rule = RULES[folder];
  if (!rule) {
    return [`${path}: the folder ${folder} has no rule`];
  }
  return syntaxOf(source)
    .imports.filter((found) => !isAllowed(rule, path, found))
    .map(({ specifier, typeOnly }) => {
      const what = typeOnly ? 'the types of' : 'values of';
      return `${path} may not import ${what} ${specifier ?? 'a computed name'}`;
    });
}

function isAllowed(rule: FolderRule, path: string, { specifier, typeOnly }: Import): boolean {
  if (specifier === undefined) {
    return false;
  }
  if (typeOnly && rule.types === 'anything') {
    return true;
  }
  return specifier.startsWith('.')
    ? isFileAllowed(rule, typeOnly, { path, specifier })
    : isPackageAllowed(rule, typeOnly, specifier);
}

function isPackageAllowed(rule: FolderRule, typeOnly: boolean, specifier: string): boolean {
  if (isBuiltin(specifier)) {
    return rule.node && specifier.startsWith('node:');
  }
  const packages = [...rule.packages, ...(typeOnly ? (rule.typePackages ?? []) : [])];
  return packages.includes(packageOf(specifier));
}

function isFileAllowed(
  rule: FolderRule,
  typeOnly: boolean,
  { path, specifier }: { path: string; specifier: string },
): boolean {
  const target = posix.join(posix.dirname(path), specifier);
  const allowed = [folderOf(path), ...rule.values];
  if (typeOnly && rule.types !== 'anything') {
    allowed.push(...(rule.types ?? []));
  }
  return allowed.some((name) => target === name || target.startsWith(`${name}/`));
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
