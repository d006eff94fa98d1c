import { Option, type Command } from 'commander';
import {
  addApplicationKey,
  listApplicationKeys,
  revokeApplicationKey,
} from '../store/application-keys';
import {
  getApplication,
  HREF_STYLES,
  listApplications,
  revokeApplication,
} from '../store/applications';
import { createApplication, type NewApplication } from '../store/create-application';
import { rotateSignatureSecret } from '../store/signature-secrets';
import { setStatusUrl } from '../store/status-urls';
import { noun, readInput, SHOWN_ONCE, tenantVerb, uuid, type Runner } from './command-line';
import type { AdminContext } from './context';

interface Selected {
  readonly tenant: string;
}

interface KeyOptions {
  readonly publicKeyFile: string;
  readonly kid?: string;
}

type CreateOptions = Selected & Omit<NewApplication, 'key'> & Partial<KeyOptions>;

export function addApplicationCommands(program: Command, run: Runner): void {
  const application = noun(program, 'application', 'who calls us, and where callbacks go');
  addCreate(application, run);
  addReads(application, run);
  addStatusUrl(application, run);
  addKeys(application, run);
  tenantVerb(application, 'rotate-secret', 'adds a signature secret; the one before it stays live')
    .argument('<application-id>', 'its id', uuid)
    .action((applicationId: string, { tenant }: Selected) =>
      run(async ({ db, secrets, actor }) => {
        const change = { applicationId, actor };
        const signatureSecret = await rotateSignatureSecret({ db, secrets }, tenant, change);
        return { value: { applicationId, signatureSecret }, note: SHOWN_ONCE };
      }),
    );
  tenantVerb(application, 'revoke', 'ends its calls and those of its account keys')
    .argument('<application-id>', 'its id', uuid)
    .action((applicationId: string, { tenant }: Selected) =>
      run(async ({ db, actor }) => {
        await revokeApplication(db, tenant, { applicationId, actor });
        return { value: await getApplication(db, tenant, applicationId) };
      }),
    );
}

function addCreate(application: Command, run: Runner): void {
  tenantVerb(application, 'create', 'makes an application with its first signature secret')
    .requiredOption('--name <name>', 'shown to operators')
    .option('--status-url <url>', 'where callbacks are posted')
    .option('--public-key-file <path>', 'RSA public key that verifies its JWTs, PEM; - reads stdin')
    .option('--kid <name>', 'name a JWT header may pick the key by')
    .option('--currency <code>', 'currency of its final reports (default: EUR)')
    .option('--fee <decimal>', "added once to each dispatch's total (default: 0)")
    .addOption(new Option('--href-style <style>', 'hrefs in callbacks').choices(HREF_STYLES))
    .option('--corrections', 'issue corrected final reports after late changes')
    .option('--stop-on-late-success', 'a late success of an earlier step ends the dispatch')
    .option('--disable-on-gone', 'a 410 answer disables the status URL')
    .action((options: CreateOptions) => run((context) => create(context, options)));
}

async function create(
  { db, secrets, actor, checkUrl }: AdminContext,
  { tenant, publicKeyFile, kid, ...options }: CreateOptions,
) {
  if (options.statusUrl !== undefined) {
    checkUrl(options.statusUrl);
  }
  const key =
    publicKeyFile === undefined ? undefined : await keyFrom({ publicKeyFile, ...(kid && { kid }) });
  const wanted = { ...options, actor, ...(key && { key }) };
  const made = await createApplication({ db, secrets }, tenant, wanted);
  const value = { ...made.application, signatureSecret: made.signatureSecret };
  return { value, note: SHOWN_ONCE };
}

function addReads(application: Command, run: Runner): void {
  tenantVerb(application, 'list', "lists a tenant's applications").action(({ tenant }: Selected) =>
    run(async ({ db }) => ({ value: await listApplications(db, tenant) })),
  );
  tenantVerb(application, 'list-keys', 'lists the live public keys of an application')
    .argument('<application-id>', 'its id', uuid)
    .action((applicationId: string, { tenant }: Selected) =>
      run(async ({ db }) => {
        await getApplication(db, tenant, applicationId);
        return { value: await listApplicationKeys(db, tenant, applicationId) };
      }),
    );
}

function addStatusUrl(application: Command, run: Runner): void {
  tenantVerb(application, 'set-status-url', 'sets where callbacks are posted from now on')
    .argument('<application-id>', 'its id', uuid)
    .argument('[url]', 'the URL; without one callbacks go nowhere')
    .action((applicationId: string, url: string | undefined, { tenant }: Selected) =>
      run(async ({ db, actor, checkUrl }) => {
        if (url !== undefined) {
          checkUrl(url);
        }
        await setStatusUrl(db, tenant, { applicationId, actor, ...(url && { url }) });
        return { value: await getApplication(db, tenant, applicationId) };
      }),
    );
}

function addKeys(application: Command, run: Runner): void {
  tenantVerb(application, 'add-key', 'adds a public key; two may be live')
    .argument('<application-id>', 'its id', uuid)
    .requiredOption('--public-key-file <path>', 'RSA public key, PEM; - reads stdin')
    .option('--kid <name>', 'name a JWT header may pick it by')
    .action((applicationId: string, { tenant, ...key }: Selected & KeyOptions) =>
      run(async ({ db, actor }) => {
        const wanted = { applicationId, actor, ...(await keyFrom(key)) };
        return { value: await addApplicationKey(db, tenant, wanted) };
      }),
    );
  tenantVerb(application, 'revoke-key', 'ends what one public key verifies')
    .argument('<application-id>', 'its id', uuid)
    .argument('<key-id>', 'id of the key', uuid)
    .action((applicationId: string, keyId: string, { tenant }: Selected) =>
      run(async ({ db, actor }) => {
        await revokeApplicationKey(db, tenant, { applicationId, keyId, actor });
        return { value: await listApplicationKeys(db, tenant, applicationId) };
      }),
    );
}

async function keyFrom({ publicKeyFile, kid }: KeyOptions) {
  return { publicKey: await readInput(publicKeyFile), ...(kid && { kid }) };
}
