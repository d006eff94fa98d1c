import type { z } from 'zod';
import type { Role, Setting } from './setting';
import { SETTINGS, TEMPORAL_VARIABLES } from './settings';

const settings: readonly Setting<z.ZodType, Role>[] = Object.values(SETTINGS);

/** `docs/settings.md`, whole file. */
export function settingsDocument(): string {
  const ours = settings.map((one) => [
    `\`${one.name}\``,
    one.fallbackNote ?? (one.fallback ? `\`${one.fallback}\`` : '–'),
    one.readBy.join(', '),
    `${one.description}${one.secret ? ' Secret.' : ''}`,
  ]);
  const temporal = TEMPORAL_VARIABLES.map(({ name, description }) => [
    name.replaceAll(/[A-Z_]+/g, '`$&`'),
    description,
  ]);
  return [
    '# Settings',
    '',
    'Environment only. Generated from `runtime/settings.ts` by `node scripts/generate-docs.cjs`; do not edit by hand.',
    'A wrong value stops the process with exit code 78 and every problem listed.',
    '',
    ...table(['Variable', 'Default', 'Read by', 'Meaning'], ours),
    '',
    "## Temporal's own",
    '',
    "Read by Temporal's configuration library, as its command-line tool reads them; a `temporal.toml` works as well.",
    '',
    ...table(['Variable', 'Meaning'], temporal),
    '',
  ].join('\n');
}

/** `.env.example`, whole file: nothing in it is a usable secret. */
export function envExample(): string {
  const ours = settings.flatMap((one) => [
    `# ${one.description}`,
    `${isRequired(one) ? '' : '#'}${one.name}=${one.example ?? one.fallback ?? ''}`,
    '',
  ]);
  const temporal = TEMPORAL_VARIABLES.flatMap((one) => [
    `# ${one.description}`,
    ...one.name.split(', ').map((name) => `#${name}=${'example' in one ? one.example : ''}`),
    '',
  ]);
  return [
    '# Generated from runtime/settings.ts. Lines without a leading # have no default.',
    '',
    ...ours,
    ...temporal,
  ].join('\n');
}

function isRequired(one: Setting<z.ZodType, Role>): boolean {
  return one.fallback === undefined && !one.schema.safeParse(undefined).success;
}

/** A markdown table with columns as wide as their widest cell, which is how the formatter wants them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
