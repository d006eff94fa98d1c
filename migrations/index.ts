/** All migrations in order. A merged one is never edited. The list is explicit, so that no stray file counts as one. */
import type { Knex } from 'knex';
import * as callers from './20261122100000-callers';
import * as secrets from './20261122100100-secrets';
import * as providers from './20261122100200-providers';
import * as endpoints from './20261122100300-endpoints';
import * as dispatches from './20261122100400-dispatches';
import * as receipts from './20261122100500-receipts';
import * as callbacks from './20261122100600-callbacks';
import * as keysAndAudit from './20261122100700-keys-and-audit';

export interface Migration {
  readonly name: string;
  readonly up: (knex: Knex) => Promise<void>;
  readonly down: (knex: Knex) => Promise<void>;
}

export const migrations: readonly Migration[] = [
  { name: '20261122100000-callers', ...callers },
  { name: '20261122100100-secrets', ...secrets },
  { name: '20261122100200-providers', ...providers },
  { name: '20261122100300-endpoints', ...endpoints },
  { name: '20261122100400-dispatches', ...dispatches },
  { name: '20261122100500-receipts', ...receipts },
  { name: '20261122100600-callbacks', ...callbacks },
  { name: '20261122100700-keys-and-audit', ...keysAndAudit },
];
