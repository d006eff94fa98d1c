import type { MessageError, StatusUpdate } from '../domain/message';
import type { MessageStatus, ReceiptState } from '../domain/vocabulary';
import type { Sql, Statement } from './database';
import { jsonOrNull, orNull } from './nullable';

/** One report as it came in at an account's receipt URL. */
export interface NewReceipt {
  readonly id: string;
  readonly accountId: string;
  /** The account's tenant; a matched receipt takes its message's. */
  readonly tenantId: string;
  readonly dedupeKey: string;
  readonly update: StatusUpdate;
  /** The request's body, sealed; the same for all reports of one request. */
  readonly raw?: Buffer;
}

/** A signal that a workflow is owed. */
export interface SignalDue {
  readonly receiptId: string;
  readonly dispatchId: string;
  readonly messageId: string;
  readonly status: MessageStatus;
}

/** Where a report is filed, and when it is looked at again. */
export interface Filing {
  readonly state: ReceiptState;
  readonly tenantId?: string;
  readonly dispatchId?: string;
  readonly messageId?: string;
  readonly retryInMs?: number;
  readonly reason?: string;
}

const INSERT: Statement = {
  name: 'receipt-insert',
  text: `
    insert into receipts (id, tenant_id, account_id, dedupe_key, dispatch_id, message_id, message_ref, client_ref, status,
      occurred_at, error, price, currency, raw, state, reason, next_try_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
      clock_timestamp() + $17 * interval '1 millisecond')
    on conflict (account_id, dedupe_key) do nothing
    returning id`,
};

/** Files a report; false: the very same one is there already. */
export async function insertReceipt(
  sql: Sql,
  receipt: NewReceipt,
  filing: Filing,
): Promise<boolean> {
  const { update } = receipt;
  const row = await sql.row(INSERT, [
    receipt.id,
    filing.tenantId ?? receipt.tenantId,
    receipt.accountId,
    receipt.dedupeKey,
    orNull(filing.dispatchId),
    orNull(filing.messageId),
    orNull(update.messageRef),
    orNull(update.clientRef),
    update.status,
    orNull(update.occurredAt),
    jsonOrNull(update.error),
    orNull(update.usage?.price),
    orNull(update.usage?.currency),
    orNull(receipt.raw),
    filing.state,
    orNull(filing.reason),
    orNull(filing.retryInMs),
  ]);
  return row !== undefined;
}

const QUARANTINE: Statement = {
  name: 'receipt-quarantine',
  text: `
    insert into receipts (id, tenant_id, account_id, dedupe_key, raw, state, reason)
    values ($1, $2, $3, $4, $5, 'quarantined', $6)
    on conflict (account_id, dedupe_key) do nothing`,
};

/** Keeps a signed report that nobody could read, for an operator. */
export async function quarantineReceipt(
  sql: Sql,
  receipt: Omit<NewReceipt, 'update'> & { readonly reason: string },
): Promise<void> {
  await sql.rows(QUARANTINE, [
    receipt.id,
    receipt.tenantId,
    receipt.accountId,
    receipt.dedupeKey,
    orNull(receipt.raw),
    receipt.reason,
  ]);
}

const SETTLED: Statement = {
  name: 'receipt-settled',
  text: `
    update receipts set state = s.state, next_try_at = null
    from jsonb_to_recordset($1::jsonb) as s (id uuid, state text)
    where receipts.id = s.id and receipts.state = 'pending'`,
};

/** Notes that workflows were told (`applied`), or had ended (`late`). Of whatever tenants. */
export async function settleReceipts(
  sql: Sql,
  settled: readonly { readonly id: string; readonly state: 'applied' | 'late' }[],
): Promise<void> {
  await sql.rows(SETTLED, [JSON.stringify(settled)]);
}

const DUE: Statement = {
  name: 'receipt-due',
  text: `
    update receipts r set tries = r.tries + 1,
      next_try_at = clock_timestamp() + least(60, power(2, least(r.tries, 6))) * interval '1 second'
    where r.id in (
      select id from receipts where state = 'pending' and next_try_at < clock_timestamp()
      order by next_try_at limit $1 for update skip locked
    )
    returning r.id as "receiptId", r.dispatch_id as "dispatchId", r.message_id as "messageId", r.status`,
};

/** Signals that are owed and due; each is put off by 1 to 60 seconds, so that another process does not send it too. */
export async function takeDueSignals(sql: Sql, limit: number): Promise<SignalDue[]> {
  return sql.rows<SignalDue>(DUE, [limit]);
}

/** An unmatched report as it was filed. */
interface UnmatchedRow {
  readonly id: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly dedupeKey: string;
  readonly messageRef: string | null;
  readonly clientRef: string | null;
  readonly status: MessageStatus;
  readonly occurredAt: Date | null;
  readonly error: MessageError | null;
  readonly price: string | null;
  readonly currency: string | null;
}

const UNMATCHED_COLUMNS = `r.id, r.tenant_id as "tenantId", r.account_id as "accountId", r.dedupe_key as "dedupeKey",
  r.message_ref as "messageRef", r.client_ref as "clientRef", r.status, r.occurred_at as "occurredAt", r.error, r.price,
  r.currency`;

const UNMATCHED_DUE: Statement = {
  name: 'receipt-unmatched-due',
  text: `
    update receipts r set tries = r.tries + 1,
      next_try_at = case when r.received_at > now() - interval '1 hour'
        then clock_timestamp() + least(300, 15 * power(2, least(r.tries, 5))) * interval '1 second' end
    where r.id in (
      select id from receipts where state = 'unmatched' and next_try_at < clock_timestamp()
      order by next_try_at limit $1 for update skip locked
    )
    returning ${UNMATCHED_COLUMNS}`,
};

/** Unmatched reports that are due for another look; each is put off, for an hour in all. */
export async function takeUnmatched(sql: Sql, limit: number): Promise<NewReceipt[]> {
  const rows = await sql.rows<UnmatchedRow>(UNMATCHED_DUE, [limit]);
  return rows.map(receiptFromRow);
}

const UNMATCHED_BY_REF: Statement = {
  name: 'receipt-unmatched-by-ref',
  text: `
    select ${UNMATCHED_COLUMNS} from receipts r
    where r.account_id = $1 and r.message_ref = $2 and r.state = 'unmatched'
    order by r.received_at`,
};

/** Unmatched reports about a provider's id that has just become known. */
export async function listUnmatched(
  sql: Sql,
  accountId: string,
  messageRef: string,
): Promise<NewReceipt[]> {
  const rows = await sql.rows<UnmatchedRow>(UNMATCHED_BY_REF, [accountId, messageRef]);
  return rows.map(receiptFromRow);
}

const MATCH: Statement = {
  name: 'receipt-match',
  text: `
    update receipts set state = $2, tenant_id = $3, dispatch_id = $4, message_id = $5,
      next_try_at = clock_timestamp() + $6 * interval '1 millisecond'
    where id = $1 and state = 'unmatched'
    returning id`,
};

/** Files a report that was unmatched under its message; false: somebody else has just done so. */
export async function matchReceipt(sql: Sql, receiptId: string, filing: Filing): Promise<boolean> {
  const row = await sql.row(MATCH, [
    receiptId,
    filing.state,
    filing.tenantId,
    filing.dispatchId,
    filing.messageId,
    orNull(filing.retryInMs),
  ]);
  return row !== undefined;
}

function receiptFromRow(row: UnmatchedRow): NewReceipt {
  const { price, currency } = row;
  return {
    id: row.id,
    tenantId: row.tenantId,
    accountId: row.accountId,
    dedupeKey: row.dedupeKey,
    update: {
      status: row.status,
      ...(row.messageRef === null ? {} : { messageRef: row.messageRef }),
      ...(row.clientRef === null ? {} : { clientRef: row.clientRef }),
      ...(row.occurredAt === null ? {} : { occurredAt: row.occurredAt.toISOString() }),
      ...(row.error === null ? {} : { error: row.error }),
      ...(price === null || currency === null ? {} : { usage: { price, currency } }),
    },
  };
}
