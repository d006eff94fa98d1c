import type { Command } from 'commander';
import { recordChange } from '../store/audit';
import { noun, type Runner } from './command-line';

const FAULTY = 'Some values do not open: their owners have to enter them again.';

export function addSecretsCommands(program: Command, run: Runner): void {
  const secrets = noun(program, 'secrets', 'sealed values and the keys that seal them');
  secrets
    .command('rotate')
    .description('wraps every data key with the newest key of SECRETS_KEYS; online, repeatable')
    .option('--data', 'also make new data keys, and seal every value anew')
    .action(({ data = false }: { readonly data?: boolean }) =>
      run(async ({ db, secrets: store, actor }) => {
        const value = await store.rotate({ data });
        const { faults, ...counts } = value;
        const details = { data, ...counts, faults: faults.length };
        const change = { actor, action: 'secrets.rotate', target: 'data_keys', details };
        await recordChange(db, undefined, change);
        return faults.length === 0 ? { value } : { value, note: FAULTY, isRight: false };
      }),
    );
  secrets
    .command('verify')
    .description('opens every sealed value at its place')
    .action(() =>
      run(async ({ secrets: store }) => {
        const value = await store.verify();
        return value.faults.length === 0 ? { value } : { value, note: FAULTY, isRight: false };
      }),
    );
}
