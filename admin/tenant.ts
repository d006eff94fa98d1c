import type { Command } from 'commander';
import { createTenant, listTenants } from '../store/tenants';
import { noun, type Runner } from './command-line';

export function addTenantCommands(program: Command, run: Runner): void {
  const tenant = noun(program, 'tenant', 'whose data it is');
  tenant
    .command('create <name>')
    .description('makes a tenant')
    .action((name: string) =>
      run(async ({ db, actor }) => ({ value: await createTenant(db, { name, actor }) })),
    );
  tenant
    .command('list')
    .description("lists all tenants, the platform's own among them")
    .action(() => run(async ({ db }) => ({ value: await listTenants(db) })));
}
