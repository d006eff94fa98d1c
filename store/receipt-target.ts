import type { StatusUpdate } from '../domain/message';
import type { AttemptState } from '../domain/vocabulary';
import type { Sql, Statement } from './database';

/** The hand-over a report is about. */
export interface Target {
  readonly attemptId: string;
  readonly attemptState: AttemptState;
  readonly isLatest: boolean;
  readonly messageId: string;
  readonly dispatchId: string;
  readonly tenantId: string;
}

const TARGET_COLUMNS = `a.id as "attemptId", a.state as "attemptState", m.id as "messageId", m.dispatch_id as "dispatchId",
  m.tenant_id as "tenantId",
  not exists (select from attempts b where b.message_id = a.message_id and b.number > a.number) as "isLatest"`;

const TARGET_BY_REF: Statement = {
  name: 'receipt-target-by-ref',
  text: `
    select ${TARGET_COLUMNS} from attempts a join messages m on m.id = a.message_id
    where a.account_id = $1 and a.message_ref = $2
    order by a.number desc limit 1`,
};
const TARGET_BY_MESSAGE: Statement = {
  name: 'receipt-target-by-message',
  text: `
    select ${TARGET_COLUMNS} from attempts a join messages m on m.id = a.message_id
    where a.message_id = $2 and a.account_id = $1
    order by a.number desc limit 1`,
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Only messages that were handed to this very account: an account cannot report about anybody else's. */
export async function findTarget(
  sql: Sql,
  accountId: string,
  update: StatusUpdate,
): Promise<Target | undefined> {
  if (update.messageRef !== undefined) {
    const byRef = await sql.row<Target>(TARGET_BY_REF, [accountId, update.messageRef]);
    if (byRef !== undefined) {
      return byRef;
    }
  }
  return update.clientRef !== undefined && UUID.test(update.clientRef)
    ? sql.row<Target>(TARGET_BY_MESSAGE, [accountId, update.clientRef])
    : undefined;
}
