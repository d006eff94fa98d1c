import {
  isProgress,
  type Content,
  type MessageError,
  type Party,
  type Usage,
} from '../domain/message';
import type { Channel, Condition, MessageStatus } from '../domain/vocabulary';
import { insertCallbacks, type NewCallback, type PendingCallback } from './callbacks';
import type { Sql, Statement, Tx } from './database';
import type { LockedDispatch } from './dispatches';
import { jsonOrNull, orNull } from './nullable';

export interface Message {
  readonly id: string;
  readonly position: number;
  readonly channel: Channel;
  /** Null once erased. */
  readonly recipient: Party | null;
  readonly sender: Party | null;
  readonly content: Content | null;
  readonly clientRef: string | null;
  readonly accountIds: readonly string[];
  readonly condition: Condition | null;
  readonly expirySeconds: number | null;
  readonly status: MessageStatus | 'planned';
  readonly error: MessageError | null;
  readonly price: string | null;
  readonly currency: string | null;
  readonly usageRevision: number;
  readonly signals: number;
  readonly startedAt: Date | null;
  readonly acceptedAt: Date | null;
}

const COLUMNS = `m.id, m.position, m.channel, m.recipient, m.sender, m.content, m.client_ref as "clientRef",
  m.account_ids as "accountIds", m.condition, m.expiry_seconds as "expirySeconds", m.status, m.error, m.price,
  m.currency, m.usage_revision as "usageRevision", m.signals, m.started_at as "startedAt", m.accepted_at as "acceptedAt"`;

const GET: Statement = {
  name: 'message-get',
  text: `select ${COLUMNS} from messages m where m.id = $1 and m.tenant_id = $2`,
};

export async function findMessage(
  sql: Sql,
  tenantId: string,
  messageId: string,
): Promise<Message | undefined> {
  return sql.row<Message>(GET, [messageId, tenantId]);
}

const LIST: Statement = {
  name: 'message-list',
  text: `select ${COLUMNS} from messages m where m.dispatch_id = $1 and m.tenant_id = $2 order by m.position`,
};

/** A dispatch's messages in order. */
export async function listMessages(
  sql: Sql,
  tenantId: string,
  dispatchId: string,
): Promise<Message[]> {
  return sql.rows<Message>(LIST, [dispatchId, tenantId]);
}

/** A status to be told to the caller, with all that its body says. */
export interface ToldStatus {
  readonly dispatchId: string;
  readonly message: Message;
  readonly status: MessageStatus;
  readonly at: Date;
  readonly error?: MessageError;
  readonly usage?: Usage;
  readonly usageRevision: number;
  readonly hrefStyle: 'spec' | 'wire';
}

/** Composes a status callback: its id and bytes. Handed in, because the wire is not the store's business. */
export type ComposeStatus = (told: ToldStatus) => NewCallback;

/** News about a message. */
export interface StatusNews {
  readonly status: MessageStatus;
  readonly at: Date;
  readonly error?: MessageError;
  readonly usage?: Usage;
  /** Whether its workflow is told by a signal. */
  readonly signals?: boolean;
}

/** What came of recording news: the message as it is now, and the callbacks to post after the commit. */
export interface Recorded {
  readonly message: Message;
  readonly posts: readonly PendingCallback[];
}

const RAISE: Statement = {
  name: 'message-raise',
  text: `
    update messages set
      status = $3,
      statuses = statuses || $4::jsonb,
      error = coalesce($5::jsonb, error),
      price = coalesce($6, price),
      currency = coalesce($7, currency),
      usage_revision = $8,
      accepted_at = case when $3 = 'rejected' then accepted_at else coalesce(accepted_at, $9) end,
      signals = signals + $10
    where id = $1 and tenant_id = $2`,
};

/** A transaction that holds a dispatch's lock and may tell its caller. */
export interface UnderLock {
  readonly tx: Tx;
  readonly dispatch: LockedDispatch;
  readonly compose: ComposeStatus;
}

/**
 * Records news about a message under its dispatch's lock: the status where it is progress, the price where it is new,
 * and the callback that tells either. Without news nothing is written.
 */
export function recordStatus(lock: UnderLock, message: Message, news: StatusNews): Recorded {
  const progress = isProgress(message.status, news.status);
  const usage = newUsage(message, news.usage);
  if (!progress && usage === undefined) {
    return { message, posts: [] };
  }
  const raised = raise(lock, message, { news, progress, usage });
  lock.tx.enqueue(RAISE, [
    message.id,
    lock.dispatch.tenantId,
    raised.status,
    JSON.stringify(progress ? [{ status: news.status, at: news.at.toISOString() }] : []),
    jsonOrNull(progress ? news.error : undefined),
    orNull(usage?.price),
    orNull(usage?.currency),
    raised.usageRevision,
    raised.acceptedAt,
    Number(news.signals === true),
  ]);
  const told = toldStatus(lock.dispatch, raised, news, usage);
  const posts = insertCallbacks(lock.tx, lock.dispatch, [lock.compose(told)]);
  return { message: raised, posts };
}

interface Raise {
  readonly news: StatusNews;
  readonly progress: boolean;
  readonly usage: Usage | undefined;
}

function raise({ dispatch }: UnderLock, message: Message, change: Raise): Message {
  const { news, progress, usage } = change;
  const priced = usage === undefined ? message : { ...message, ...usage };
  if (!progress) {
    return { ...priced, usageRevision: message.usageRevision + 1 };
  }
  return {
    ...priced,
    status: news.status,
    error: orNull(news.error) ?? message.error,
    acceptedAt: acceptedAt(message, news.status, dispatch.now),
  };
}

/** By our own clock: expiries count from it. A rejected message was accepted by nobody. */
function acceptedAt(message: Message, status: MessageStatus, now: Date): Date | null {
  return status === 'rejected' ? message.acceptedAt : (message.acceptedAt ?? now);
}

function toldStatus(
  dispatch: LockedDispatch,
  message: Message,
  news: StatusNews,
  usage: Usage | undefined,
): ToldStatus {
  return {
    dispatchId: dispatch.id,
    message,
    status: news.status,
    at: news.at,
    usageRevision: message.usageRevision,
    hrefStyle: dispatch.hrefStyle,
    ...(news.error === undefined ? {} : { error: news.error }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** A price that was not known, or has changed. */
function newUsage(message: Message, usage: Usage | undefined): Usage | undefined {
  const known = usage?.price === message.price && usage?.currency === message.currency;
  return known ? undefined : usage;
}
