import { Option, type Command } from 'commander';
import { PERMISSIONS, type Permission } from '../domain/vocabulary';
import { createAccessToken, listAccessTokens, revokeAccessToken } from '../store/access-tokens';
import { noun, SHOWN_ONCE, uuid, type Runner } from './command-line';

interface Selected {
  readonly tenant?: string;
}

interface CreateOptions extends Selected {
  readonly name: string;
  readonly permission?: readonly Permission[];
  readonly expires?: string;
}

export function addTokenCommands(program: Command, run: Runner): void {
  const token = noun(program, 'token', 'access tokens of the management API');
  addCreate(token, run);
  ownedVerb(token, 'list', 'lists live tokens').action(({ tenant }: Selected) =>
    run(async ({ db }) => ({ value: await listAccessTokens(db, tenant) })),
  );
  ownedVerb(token, 'revoke', 'ends a token')
    .argument('<token-id>', 'its id', uuid)
    .action((tokenId: string, { tenant }: Selected) =>
      run(async ({ db, actor }) => {
        await revokeAccessToken(db, tenant, { tokenId, actor });
        return { value: { tokenId, revoked: true } };
      }),
    );
}

/** Tokens belong to a tenant or to the platform; the very first one is the platform's, so that is the default. */
function ownedVerb(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--tenant <id>', "a tenant's token", uuid)
    .addOption(
      new Option('--platform', "the platform's token (default without --tenant)").conflicts(
        'tenant',
      ),
    );
}

function addCreate(token: Command, run: Runner): void {
  ownedVerb(token, 'create', 'makes a token and prints it once')
    .option('--name <name>', 'shown to operators', 'operator')
    .addOption(
      new Option(
        '--permission <names...>',
        'what it may do (default: all its owner can have)',
      ).choices(PERMISSIONS),
    )
    .option('--expires <time>', 'ISO 8601; without: no end')
    .action(({ tenant, name, permission, expires }: CreateOptions) =>
      run(async ({ db, pepper, actor }) => {
        const permissions = permission ?? everything(tenant);
        const expiresAt = expires === undefined ? {} : { expiresAt: expires };
        const wanted = { name, permissions, actor, ...expiresAt };
        const made = await createAccessToken({ db, pepper }, tenant, wanted);
        return { value: { ...made.accessToken, token: made.token }, note: SHOWN_ONCE };
      }),
    );
}

function everything(tenant: string | undefined): Permission[] {
  return PERMISSIONS.filter((name) => tenant === undefined || name !== 'MANAGE_PLATFORM');
}
