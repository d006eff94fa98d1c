import { createHash } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { StatusUpdate } from '../domain/message';
import type { ProtocolType } from '../domain/vocabulary';
import type { Adapter, Credentials, InboundRequest, ReceiptReply } from '../providers/adapter';
import type { Accounts, LoadedAccount } from '../store/accounts';
import type { PendingCallback } from '../store/callbacks';
import type { Database } from '../store/database';
import type { ComposeStatus } from '../store/messages';
import { quarantineReceipt, type NewReceipt } from '../store/receipts';
import { recordReceipt } from '../store/record-receipt';
import type { Secrets } from '../store/secrets';
import type { SignalSender } from './signal-sender';

/** What came of a request to a receipt URL. */
export type Heard =
  | { readonly kind: 'unknown_token' }
  | { readonly kind: 'forged'; readonly reason: string }
  | { readonly kind: 'heard'; readonly reply: ReceiptReply };

/** The one door for what providers report. */
export interface Inbox {
  /** Answers only after everything is committed. Throws when it could not be kept: the provider is to try again. */
  hear(token: string, request: InboundRequest): Promise<Heard>;
}

export interface InboxDeps {
  readonly db: Database;
  readonly accounts: Accounts;
  readonly secrets: Pick<Secrets, 'sealBytes'>;
  readonly hashSecret: (text: string) => Buffer;
  readonly adapterFor: (protocolType: ProtocolType) => Adapter;
  readonly composeStatus: ComposeStatus;
  readonly poster: { offer(callbacks: readonly PendingCallback[]): void };
  readonly signals: SignalSender;
  readonly log: { warn(fields: object, message: string): void };
}

export function createInbox(deps: InboxDeps): Inbox {
  return {
    hear: async (token, request) => {
      const loaded = await deps.accounts.findByReceiptToken(deps.hashSecret(token));
      if (loaded === undefined) {
        return { kind: 'unknown_token' };
      }
      const { account } = loaded;
      const adapter = deps.adapterFor(account.provider.protocolType);
      const parsed = await adapter.parseReceipt(request, account, plainCredentials(loaded));
      switch (parsed.kind) {
        case 'forged':
          return parsed;
        case 'unreadable':
          deps.log.warn({ accountId: account.id, reason: parsed.reason }, 'receipt quarantined');
          await quarantine(deps, loaded, request, parsed.reason);
          return { kind: 'heard', reply: parsed.reply };
        case 'updates':
          await keepAll(deps, loaded, request, parsed.updates);
          return { kind: 'heard', reply: parsed.reply };
      }
    },
  };
}

function plainCredentials({ credentials = {} }: LoadedAccount): Credentials {
  return Object.fromEntries(
    Object.entries(credentials).map(([field, secret]) => [field, secret.reveal()]),
  );
}

async function keepAll(
  deps: InboxDeps,
  loaded: LoadedAccount,
  request: InboundRequest,
  updates: readonly StatusUpdate[],
): Promise<void> {
  for (const [index, update] of updates.entries()) {
    const receipt = await receiptFrom(
      deps,
      loaded,
      dedupeKey(update),
      index === 0 ? request : undefined,
    );
    await keep(deps, { ...receipt, update });
  }
}

/** One report: recorded, its callbacks handed to the poster, its workflow told. The telling holds up no answer for long. */
async function keep(deps: InboxDeps, receipt: NewReceipt): Promise<void> {
  const recorded = await recordReceipt(deps.db, receipt, deps.composeStatus);
  deps.poster.offer(recorded.posts);
  if (recorded.signal !== undefined) {
    await deps.signals.send(recorded.signal);
  }
}

async function quarantine(
  deps: InboxDeps,
  loaded: LoadedAccount,
  request: InboundRequest,
  reason: string,
): Promise<void> {
  const bodyHash = createHash('sha256').update(request.rawBody).digest('hex');
  const receipt = await receiptFrom(deps, loaded, `body:${bodyHash}`, request);
  await quarantineReceipt(deps.db, { ...receipt, reason });
}

/** A row to be; the raw body goes, sealed, with the first report of a request. */
async function receiptFrom(
  deps: InboxDeps,
  { account }: LoadedAccount,
  key: string,
  request: InboundRequest | undefined,
): Promise<Omit<NewReceipt, 'update'>> {
  const id = uuidV7();
  const { tenantId, provider, channel } = account;
  const place = { provider: provider.code, host: '', channel, field: 'receipt', rowId: id };
  return {
    id,
    tenantId,
    accountId: account.id,
    dedupeKey: key,
    ...(request === undefined
      ? {}
      : { raw: await deps.secrets.sealBytes(tenantId, place, request.rawBody) }),
  };
}

/** The provider's own event id, else a hash of what the event is; not of the body, which retries may spell anew. */
function dedupeKey(update: StatusUpdate): string {
  if (update.eventId !== undefined) {
    return `event:${update.eventId}`;
  }
  const { messageRef = '', clientRef = '', status, occurredAt = '' } = update;
  const event = JSON.stringify([messageRef, clientRef, status, occurredAt, update.usage ?? null]);
  return `hash:${createHash('sha256').update(event).digest('hex')}`;
}
