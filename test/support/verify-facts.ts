/** What the verifier looks at: the product's tables, the simulator's log of messages and the callbacks it received. */
import type { MessageEntry } from '../../dev/simulator/message-log';
import type { Stack } from '../../dev/stack';
import { onServer } from './template-database';

/** One breach of a promise: the invariant, what it is about, and what was seen. */
export interface Finding {
  readonly invariant: string;
  readonly subject: string;
  readonly seen: string;
}

export interface DispatchRow {
  readonly id: string;
  readonly status: string;
  readonly cause: string | null;
  readonly position: number;
  readonly revision: number;
  readonly fee: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  /** The tag its caller put into each content. */
  readonly tag: string;
}

export interface MessageRow {
  readonly id: string;
  readonly dispatchId: string;
  readonly position: number;
  readonly condition: 'delivered' | 'read' | null;
  readonly expirySeconds: number | null;
  readonly status: string;
  readonly statuses: readonly { readonly status: string; readonly at: string }[];
  readonly signals: number;
  readonly startedAt: Date | null;
  readonly outcome: string | null;
  readonly cause: { readonly kind: string; readonly at: number | string } | null;
}

export interface AttemptRow {
  readonly messageId: string;
  readonly number: number;
  readonly state: string;
  readonly resolution: string | null;
  readonly possibleDuplicate: boolean;
  readonly claimedAt: Date;
  readonly leaseOverSeconds: number;
  readonly onUnknown: string;
  readonly idempotency: string;
}

export interface ReceiptRow {
  readonly dedupeKey: string;
  readonly messageId: string | null;
  readonly status: string | null;
  readonly state: string;
  readonly receivedAt: Date;
}

export interface CallbackRow {
  readonly id: string;
  readonly dispatchId: string;
  readonly messageId: string | null;
  readonly event: string;
  readonly status: string;
  readonly revision: number;
  readonly body: string;
  readonly state: string;
}

/** A callback as its receiver logged it. */
export interface TakenCallback {
  readonly webhookId?: string;
  readonly answered: number | string;
  readonly rawBase64: string;
  readonly standardWebhooks: { readonly verdict: string };
  readonly vonageJwt: { readonly verdict: string };
}

export interface Facts {
  readonly dispatches: readonly DispatchRow[];
  readonly messages: readonly MessageRow[];
  readonly attempts: readonly AttemptRow[];
  readonly receipts: readonly ReceiptRow[];
  readonly callbacks: readonly CallbackRow[];
  readonly sent: readonly MessageEntry[];
  readonly taken: readonly TakenCallback[];
}

const DISPATCHES = `
  select d.id, d.status, d.cause, d.position, d.revision, d.fee, d.created_at as "createdAt", d.ended_at as "endedAt",
    (select coalesce(m.content ->> 'text', m.content -> 'image' ->> 'caption') from messages m
     where m.dispatch_id = d.id and m.position = 0) as tag
  from dispatches d`;
const MESSAGES = `
  select id, dispatch_id as "dispatchId", position, condition, expiry_seconds as "expirySeconds", status, statuses,
    signals, started_at as "startedAt", outcome, cause
  from messages order by dispatch_id, position`;
const ATTEMPTS = `
  select a.message_id as "messageId", a.number, a.state, a.resolution, a.possible_duplicate as "possibleDuplicate",
    a.claimed_at as "claimedAt", extract(epoch from clock_timestamp() - a.lease_until)::float8 as "leaseOverSeconds",
    c.on_unknown as "onUnknown", coalesce(d.capabilities ->> 'idempotency', 'none') as idempotency
  from attempts a join dispatch_configs c on c.id = a.account_id
  join channel_definitions d on d.id = c.channel_definition_id
  order by a.message_id, a.number`;
const RECEIPTS = `
  select dedupe_key as "dedupeKey", message_id as "messageId", status, state, received_at as "receivedAt" from receipts`;
const CALLBACKS = `
  select id, dispatch_id as "dispatchId", message_id as "messageId", event, status, revision, body, state from callbacks`;

export async function readFacts(stack: Stack): Promise<Facts> {
  // The two logs first: what they tell must be in the tables that are read after them.
  const { messages: sent } = await readJson<{ messages: MessageEntry[] }>(
    `${stack.simulatorUrl}/log`,
  );
  const { callbacks: taken } = await readJson<{ callbacks: TakenCallback[] }>(
    `${stack.simulatorUrl}/callbacks`,
  );
  return onServer(stack.databaseUrl, async (client) => {
    const rows = async <Row>(text: string): Promise<Row[]> =>
      (await client.query(text)).rows as Row[];
    return {
      sent,
      taken,
      dispatches: await rows<DispatchRow>(DISPATCHES),
      messages: await rows<MessageRow>(MESSAGES),
      attempts: await rows<AttemptRow>(ATTEMPTS),
      receipts: await rows<ReceiptRow>(RECEIPTS),
      callbacks: await rows<CallbackRow>(CALLBACKS),
    };
  });
}

async function readJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}
