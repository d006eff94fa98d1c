import type { Adapter } from '../providers/adapter';
import type { ProtocolType } from '../domain/vocabulary';
import type { ComposeStatus } from '../store/messages';
import type { Accounts } from '../store/accounts';
import type { PendingCallback } from '../store/callbacks';
import type { Database } from '../store/database';
import type { ComposeReport } from '../store/finish';
import type { CallbackDrain } from '../callbacks/drain';
import type { AtFaultPoint } from './faults';
import type { SendSlots } from './send-slots';

/** All that activities need; put together by `worker/main.ts`. */
export interface ActivityDeps {
  readonly db: Database;
  readonly accounts: Accounts;
  readonly adapterFor: (protocolType: ProtocolType) => Adapter;
  readonly compose: { readonly status: ComposeStatus; readonly report: ComposeReport };
  /** Posts callbacks once they are committed; nobody waits for it. */
  readonly poster: { offer(callbacks: readonly PendingCallback[]): void };
  readonly drain: CallbackDrain;
  /** URL of an account's receipts, by its token. */
  readonly receiptUrl: (token: string) => string;
  /** Sends in flight per account. */
  readonly slots: SendSlots;
  readonly at: AtFaultPoint;
  /** Aborts provider calls at the end of a shutdown. */
  readonly abortSignal: AbortSignal;
}
