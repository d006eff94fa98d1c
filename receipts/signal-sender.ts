import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { createBatch } from '../store/batch';
import type { Database } from '../store/database';
import { settleReceipts, type SignalDue } from '../store/receipts';
import { dispatchWorkflowId } from '../workflows/ids';
import { MESSAGE_STATUS_SIGNAL, type MessageStatusSignal } from '../workflows/signals';

/** Tells workflows of statuses, and notes that they were told. */
export interface SignalSender {
  /** Never throws: what is not told now, the forwarder tells. */
  send(signal: SignalDue): Promise<void>;
  close(): Promise<void>;
}

export interface SignalSenderDeps {
  readonly db: Database;
  readonly client: Client;
  readonly log: { warn(fields: object, message: string): void };
}

/** How long Temporal may take to answer, in milliseconds. */
const DEADLINE_MS = 2_000;

export function createSignalSender({ db, client, log }: SignalSenderDeps): SignalSender {
  const settled = createBatch<{ id: string; state: 'applied' | 'late' }>({
    write: (items) => settleReceipts(db, items),
    onLost: (err, count) => log.warn({ err, count }, 'told receipts could not be noted'),
  });
  const tell = async ({
    dispatchId,
    messageId,
    status,
  }: SignalDue): Promise<'applied' | 'late'> => {
    const signal: MessageStatusSignal = { messageId, status };
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow
          .getHandle(dispatchWorkflowId(dispatchId))
          .signal(MESSAGE_STATUS_SIGNAL, signal),
      );
      return 'applied';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) {
        return 'late';
      }
      throw error;
    }
  };
  return {
    send: async (due) => {
      try {
        settled.add({ id: due.receiptId, state: await tell(due) });
      } catch (err) {
        log.warn({ err, dispatchId: due.dispatchId }, 'workflow not told of a status: told later');
      }
    },
    close: () => settled.close(),
  };
}
