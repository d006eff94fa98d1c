import type { Command } from 'commander';
import {
  addAccountKeySecret,
  createAccountKey,
  listAccountKeys,
  revokeAccountKey,
  revokeAccountKeySecret,
} from '../store/account-keys';
import { noun, SHOWN_ONCE, tenantVerb, uuid, type Runner } from './command-line';

interface Selected {
  readonly tenant: string;
}

const KEY = ['<account-key>', 'its 8 hex characters'] as const;

export function addAccountKeyCommands(program: Command, run: Runner): void {
  const accountKey = noun(program, 'account-key', 'keys and secrets of Basic callers');
  addMaking(accountKey, run);
  tenantVerb(accountKey, 'list', "lists a tenant's live account keys").action(
    ({ tenant }: Selected) => run(async ({ db }) => ({ value: await listAccountKeys(db, tenant) })),
  );
  tenantVerb(accountKey, 'revoke-secret', 'ends one secret')
    .argument(...KEY)
    .argument('<secret-id>', 'id of the secret', uuid)
    .action((accountKeyId: string, secretId: string, { tenant }: Selected) =>
      run(async ({ db, actor }) => {
        await revokeAccountKeySecret(db, tenant, { accountKeyId, secretId, actor });
        return { value: { accountKeyId, secretId, revoked: true } };
      }),
    );
  tenantVerb(accountKey, 'revoke', 'ends a key with its secrets')
    .argument(...KEY)
    .action((accountKeyId: string, { tenant }: Selected) =>
      run(async ({ db, actor }) => {
        await revokeAccountKey(db, tenant, { accountKeyId, actor });
        return { value: { accountKeyId, revoked: true } };
      }),
    );
}

function addMaking(accountKey: Command, run: Runner): void {
  tenantVerb(accountKey, 'create', 'makes a key with its first secret')
    .requiredOption('--application <id>', 'its default application', uuid)
    .action(({ tenant, application }: Selected & { readonly application: string }) =>
      run(async ({ db, pepper, actor }) => {
        const wanted = { applicationId: application, actor };
        const value = await createAccountKey({ db, pepper }, tenant, wanted);
        return { value, note: SHOWN_ONCE };
      }),
    );
  tenantVerb(accountKey, 'add-secret', 'adds a secret; two may be live')
    .argument(...KEY)
    .action((accountKeyId: string, { tenant }: Selected) =>
      run(async ({ db, pepper, actor }) => {
        const value = await addAccountKeySecret({ db, pepper }, tenant, { accountKeyId, actor });
        return { value, note: SHOWN_ONCE };
      }),
    );
}
