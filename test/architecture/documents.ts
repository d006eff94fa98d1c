/** Which files a document speaks of. */
import { posix } from 'node:path';

/** Names that say of themselves that they are files. */
const EXTENSION = /\.(ts|cjs|js|md|json|jsonc|sql|ya?ml|sh|example)$/;

/** Made while running or building: documents may speak of them. */
const NOT_KEPT = /^(dist|\.dev|node_modules|coverage)(\/|$)/;

export interface Mention {
  /** A path, or the beginning of one; `*` and `<…>` stand for a part of a name. */
  readonly text: string;
  /** From the document's own folder, as links are; else from the root or from any folder. */
  readonly isLink: boolean;
}

/** Paths in backticks and targets of links; `folders` are the top folders that a path may begin with. */
export function mentionedPaths(markdown: string, folders: readonly string[]): Mention[] {
  const prose = markdown.replaceAll(/^(```|~~~)[^]*?^\1/gm, '');
  const inCode = [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) =>
    code.split(/\s+/).filter((word) => isPath(word, folders)),
  );
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
  return [
    ...inCode.map((text) => ({ text, isLink: false })),
    ...links.map((text) => ({ text, isLink: true })),
  ];
}

function isPath(word: string, folders: readonly string[]): boolean {
  if (!/^[\w.*<{][\w.,*<>{}/-]*$/.test(word) || NOT_KEPT.test(word)) {
    return false;
  }
  return EXTENSION.test(word) || (word.includes('/') && folders.includes(word.split('/')[0] ?? ''));
}

/** Whether one of the files is what is meant. */
export function isThere(mention: Mention, document: string, files: readonly string[]): boolean {
  const path = mention.isLink
    ? posix.join(posix.dirname(document), mention.text)
    : posix.normalize(mention.text);
  const pattern = patternOf(path);
  // A folder, a name without its end (`test/domain/failover`), or the end of a longer path.
  const whole = new RegExp(`^${pattern}`);
  const end = new RegExp(`(^|/)${pattern}$`);
  return files.some((file) => whole.test(file) || (!mention.isLink && end.test(file)));
}

/** `{a,b}` is satisfied by either of the two. */
function patternOf(path: string): string {
  return path
    .replaceAll(/<[^>]*>/g, '*')
    .replaceAll(/[.+^$()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '[^/]*')
    .replaceAll(/\{([^}]*)\}/g, (_whole, names: string) => `(${names.replaceAll(',', '|')})`);
}
