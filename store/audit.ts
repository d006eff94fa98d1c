import { v7 as uuidV7 } from 'uuid';
import type { Sql, Statement } from './database';

/** Who makes a change, as the audit log names them: `token:<id>`, `operator:<user>`. */
export interface Actor {
  readonly actor: string;
}

export interface Change extends Actor {
  /** What was done, as `<noun>.<verb>`: `token.create`. */
  readonly action: string;
  /** Id of what was changed. */
  readonly target: string;
  /** What changed, without any secret value. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const INSERT: Statement = {
  name: 'audit-record',
  text: `
    insert into audit_log (id, tenant_id, actor, action, target, details)
    values ($1, $2, $3, $4, $5, $6)`,
};

/** Records a change in the transaction that makes it. `tenantId` undefined: the platform's thing was changed. */
export async function recordChange(
  tx: Sql,
  tenantId: string | undefined,
  { actor, action, target, details = {} }: Change,
): Promise<void> {
  const json = JSON.stringify(details);
  await tx.rows(INSERT, [uuidV7(), tenantId ?? null, actor, action, target, json]);
}
