/** Who may import whom. The architecture in one table: a new edge is written here first, with its reason. */

export interface FolderRule {
  /** Folders, or files without their extension, whose values may be imported. The folder itself always may. */
  readonly values: readonly string[];
  /** What else may be imported as a type; `anything`: whatever has types. */
  readonly types?: readonly string[] | 'anything';
  readonly packages: readonly string[];
  /** Packages that may be named in types only. */
  readonly typePackages?: readonly string[];
  /** Whether Node's own modules may be used: not where a rule has to be pure. */
  readonly node: boolean;
}

/** Folders that put everything together for people and machines that develop: they may import anything. */
export const FREE_FOLDERS: readonly string[] = ['dev', 'bench', 'test'];

export const RULES: Readonly<Record<string, FolderRule>> = {
  /** Words and rules: no clock, no randomness, no I/O, no package. */
  domain: { values: [], packages: [], node: false },
  contract: { values: ['domain'], packages: ['zod'], node: false },
  workflows: {
    values: ['domain'],
    types: 'anything',
    packages: ['@temporalio/workflow'],
    node: false,
  },
  activities: {
    values: ['domain', 'contract', 'providers', 'callbacks', 'store'],
    // What an activity is asked is what the workflow has written down.
    types: ['workflows/signals', 'runtime/http'],
    // uuid: the ids of rows are made by the application (UUIDv7).
    packages: ['@temporalio/activity', '@temporalio/common', 'uuid'],
    node: true,
  },
  receipts: {
    values: ['domain', 'contract', 'providers', 'store', 'workflows/ids', 'workflows/signals'],
    types: ['runtime/http'],
    packages: ['@temporalio/client', 'uuid'],
    node: true,
  },
  callbacks: {
    // The hand-over to the callback workflow needs its id and its signal; the client itself is handed in.
    values: ['domain', 'contract', 'store', 'workflows/ids', 'workflows/signals'],
    types: ['runtime/http'],
    packages: ['uuid'],
    typePackages: ['@temporalio/client'],
    node: true,
  },
  providers: {
    values: ['domain'],
    // The only outgoing HTTP is the guarded client, which roots hand in.
    types: ['runtime/http'],
    packages: ['jsonata', 're2js', 'lossless-json'],
    node: true,
  },
  store: { values: ['domain'], packages: ['knex', 'pg', 'uuid'], node: true },
  runtime: {
    values: ['domain'],
    packages: [
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/envconfig',
      '@temporalio/worker',
      'ipaddr.js',
      'pino',
      // Development only: where it is missing the log stays JSON.
      'pino-pretty',
      'undici',
      'zod',
    ],
    node: true,
  },
  api: {
    values: [
      'domain',
      'contract',
      'receipts',
      'callbacks',
      'providers',
      'store',
      'runtime',
      'workflows/ids',
      'workflows/signals',
    ],
    packages: [
      '@temporalio/client',
      // The keys of search attributes are defined here.
      '@temporalio/common',
      'express',
      'helmet',
      'jose',
      'rate-limiter-flexible',
      'uuid',
    ],
    node: true,
  },
  worker: {
    values: [
      'domain',
      'contract',
      'activities',
      'providers',
      'receipts',
      'callbacks',
      'store',
      'runtime',
      'workflows/ids',
    ],
    packages: ['@temporalio/client', '@temporalio/worker'],
    node: true,
  },
  admin: {
    values: ['domain', 'contract', 'store', 'runtime', 'workflows/ids', 'workflows/signals'],
    packages: ['commander', '@temporalio/client'],
    node: true,
  },
  /** Frozen in time: a migration that used our code would change with it. */
  migrations: { values: [], packages: ['knex'], node: true },
};
