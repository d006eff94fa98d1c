import type { PendingCallback } from '../store/callbacks';
import type { Database } from '../store/database';
import type { ComposeStatus } from '../store/messages';
import { takeDueSignals } from '../store/receipts';
import { rematchReceipts } from '../store/record-receipt';
import type { SignalSender } from './signal-sender';

export interface ForwarderDeps {
  readonly db: Database;
  readonly signals: SignalSender;
  readonly composeStatus: ComposeStatus;
  readonly poster: { offer(callbacks: readonly PendingCallback[]): void };
}

/** Reports handled per round. */
const PER_ROUND = 200;

/** Tells workflows what could not be told when it came in. */
export async function forwardDueSignals({ db, signals }: ForwarderDeps): Promise<void> {
  for (const due of await takeDueSignals(db, PER_ROUND)) {
    await signals.send(due);
  }
}

/** Looks again for the messages of reports that came before we knew them. */
export async function rematchUnmatched(deps: ForwarderDeps): Promise<void> {
  for (const recorded of await rematchReceipts(deps.db, PER_ROUND, deps.composeStatus)) {
    deps.poster.offer(recorded.posts);
    if (recorded.signal !== undefined) {
      await deps.signals.send(recorded.signal);
    }
  }
}
