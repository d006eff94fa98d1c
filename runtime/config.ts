import { z } from 'zod';
import type { Role, Setting } from './setting';
import { SETTINGS } from './settings';

type AnySetting = Setting<z.ZodType, Role>;
type AllSettings = typeof SETTINGS;
type SettingKey = keyof AllSettings;
type IsReadBy<Key extends SettingKey, Reader extends Role> = [
  Extract<Reader, AllSettings[Key]['readBy'][number]>,
] extends [never]
  ? never
  : Key;
type ReadBy<Reader extends Role> = {
  [Key in SettingKey]: IsReadBy<Key, Reader>;
}[SettingKey];
type Parsed = { readonly [Key in SettingKey]: z.output<AllSettings[Key]['schema']> };

/** What the given roles read, parsed and frozen. `publicUrl` is always there: it falls back to host and port. */
export type ConfigFor<Reader extends Role> = Pick<Parsed, Exclude<ReadBy<Reader>, 'publicUrl'>> & {
  readonly [Key in Extract<ReadBy<Reader>, 'publicUrl'>]: string;
};

/** sysexits' EX_CONFIG: the process must not be restarted with the same environment. */
export const CONFIG_EXIT_CODE = 78;

/** Every problem of the environment at once, without any secret value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  readonly exitCode = CONFIG_EXIT_CODE;

  constructor(problems: readonly string[]) {
    super(['The settings are not usable:', ...problems.map((line) => `  ${line}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Parses what the roles need, once; throws {@link ConfigError} with every problem listed. */
export function loadConfig<Reader extends Role>(
  env: Readonly<Record<string, string | undefined>>,
  roles: readonly Reader[],
): ConfigFor<Reader> {
  const settings = settingsReadBy(roles);
  const texts = Object.fromEntries(
    settings.map(([, { name, fallback }]) => [name, env[name]?.trim() || fallback]),
  );
  const schema = z.object(
    Object.fromEntries(settings.map(([, { name, schema: one }]) => [name, one])),
  );
  const result = schema.safeParse(texts);
  if (!result.success) {
    throw new ConfigError(result.error.issues.map(problemFromIssue));
  }
  const values = Object.fromEntries(settings.map(([key, { name }]) => [key, result.data[name]]));
  return deepFreeze(withPublicUrl(values)) as ConfigFor<Reader>;
}

/** What the start-up log prints: values by variable name, secrets as "set" or "not set". */
export function describeConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(SETTINGS as Record<string, AnySetting>)
      .filter(([key]) => key in config)
      .map(([key, { name, secret }]) => [
        name,
        secret ? (config[key] === undefined ? 'not set' : 'set') : config[key],
      ]),
  );
}

function settingsReadBy(roles: readonly Role[]): [string, AnySetting][] {
  return Object.entries<AnySetting>(SETTINGS).filter(([, { readBy }]) =>
    readBy.some((role) => roles.includes(role)),
  );
}

function problemFromIssue(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0]);
  const { description } =
    Object.values<AnySetting>(SETTINGS).find((candidate) => candidate.name === name) ?? {};
  return `${name} ${issue.message} (${description})`;
}

function withPublicUrl(values: Record<string, unknown>): Record<string, unknown> {
  if (!('publicUrl' in values) || values.publicUrl !== undefined) {
    return values;
  }
  // An address that listens everywhere is nowhere to call.
  const everywhere = values.apiHost === '0.0.0.0' || values.apiHost === '::';
  const host = everywhere ? '127.0.0.1' : String(values.apiHost);
  const authority = host.includes(':') ? `[${host}]` : host;
  return { ...values, publicUrl: `http://${authority}:${String(values.apiPort)}` };
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    // Buffers cannot be frozen.
    if (typeof part === 'object' && part !== null && !Buffer.isBuffer(part)) {
      deepFreeze(part);
    }
  }
  return Object.freeze(value);
}
