/** The provider: takes a message at once, and reports about it as its number says. The simulator's wire, without its dials. */
import { createHmac } from 'node:crypto';
import type { Pool } from 'undici';
import { partsOf } from '../shapes';
import type { Ledger } from './ledger';

export interface ProviderDeps {
  readonly ledger: Ledger;
  /** The connections to whoever takes receipts. */
  readonly poolFor: (origin: string) => Pool;
  readonly webhookSecret: string;
}

interface TakenMessage {
  readonly to: string;
  readonly ref: string;
  readonly receiptUrl: string;
}

/** When receipts follow the answer, in milliseconds: as the simulator's usual stream. */
const RECEIPT_AFTER_MS = [50, 150];
const DECIDING: ReadonlySet<string> = new Set(['delivered', 'rejected']);

let ids = 0;

/** Takes a message; answers the id it has with this provider. */
export function takeMessage(deps: ProviderDeps, message: TakenMessage): string {
  const { sequence, statuses } = partsOf(message.to);
  const entry = deps.ledger.find(sequence);
  ids += 1;
  const id = `bench-${process.pid}-${ids}`;
  if (entry !== undefined) {
    deps.ledger.arrived(entry);
    // The answer is written in this same turn of the event loop.
    entry.answers.push(performance.now());
  }
  statuses.forEach((status, index) => {
    const post = (): void => {
      if (entry !== undefined && DECIDING.has(status)) {
        entry.decidedAt = performance.now();
      }
      void postReceipt(deps, message, { id, status });
    };
    setTimeout(post, RECEIPT_AFTER_MS[index] ?? 0);
  });
  return id;
}

async function postReceipt(
  deps: ProviderDeps,
  message: TakenMessage,
  event: { readonly id: string; readonly status: string },
): Promise<void> {
  const { id, status } = event;
  const body = JSON.stringify({
    events: [
      {
        id,
        ref: message.ref,
        eventId: `${id}-${status}`,
        status,
        at: new Date().toISOString(),
        ...(status === 'delivered' && { price: '0.0333', currency: 'EUR' }),
        ...(status === 'rejected' && { error: { code: 1300, reason: 'Not part of the network' } }),
      },
    ],
  });
  const url = new URL(message.receiptUrl);
  const signature = createHmac('sha256', deps.webhookSecret).update(body).digest('hex');
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await deps
      .poolFor(url.origin)
      .request({
        method: 'POST',
        path: url.pathname,
        headers: { 'content-type': 'application/json', 'x-signature': `sha256=${signature}` },
        body,
      })
      .catch(() => undefined);
    await answer?.body.dump();
    if (answer !== undefined && answer.statusCode < 300) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
