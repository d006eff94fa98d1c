import { createHmac, randomBytes, randomUUID } from 'node:crypto';

import type { StatusStep } from './dials';
import type { MessageEntry, MessageLog, ReceiptEntry, ReceiptPost } from './message-log';
import type { ResolvedOptions } from './options';
import { createPoster } from './receipt-post';
import type { PostRequest } from './receipt-post';
import type { Timers } from './timers';

/** One message that was taken, and where its receipts go. */
export interface Taken {
  readonly entry: MessageEntry;
  readonly id: string;
  readonly receiptUrl: string;
}

export interface Receipts {
  /** Posts a step after its delay, and again as real providers do when it is not taken. */
  schedule(taken: Taken, steps: readonly StatusStep[]): void;
  /** Posts a step now; resolves when every copy had its first answer. */
  post(taken: Taken, step: StatusStep): Promise<void>;
  close(): void;
}

export interface ReceiptsDeps {
  readonly options: ResolvedOptions;
  readonly messages: MessageLog;
  readonly timers: Timers;
}

/** Unique over restarts, so that event ids never collide in a receiver's memory. */
const RUN = randomBytes(4).toString('hex');
let events = 0;

/** A receipt ready to post; its bytes stay the same over all tries. */
interface Copy {
  readonly receipt: ReceiptEntry;
  readonly request: PostRequest;
}

function usageOf(step: StatusStep, options: ResolvedOptions): object {
  const usual = step.status === 'delivered' ? options.price : null;
  const price = step.price === undefined ? usual : step.price;
  return price === null ? {} : { price, currency: step.currency ?? options.currency };
}

function signatureOf(step: StatusStep, body: string, secret: string): Record<string, string> {
  if (step.signature === 'missing') {
    return {};
  }
  const key = step.signature === 'forged' ? randomBytes(16) : secret;
  return { 'x-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` };
}

/** What a step's copies are made from. */
interface Source {
  readonly taken: Taken;
  readonly step: StatusStep;
  readonly options: ResolvedOptions;
}

function buildCopy({ taken, step, options }: Source, eventId: string): Copy {
  const id = step.unknownId ? `sim-unknown-${randomUUID()}` : taken.id;
  const ref = step.unknownId ? randomUUID() : taken.entry.ref;
  const event = {
    id,
    ref: step.withRef === false ? undefined : ref,
    eventId: step.withEventId === false ? undefined : eventId,
    status: step.status,
    at: new Date().toISOString(),
    ...usageOf(step, options),
    error: step.error,
  };
  const body = JSON.stringify({ events: [event] });
  const signature = step.signature ?? 'valid';
  return {
    receipt: { eventId, id, status: step.status, at: Date.now(), signature, posts: [] },
    request: {
      url: taken.receiptUrl,
      body,
      headers: signatureOf(step, body, options.webhookSecret),
    },
  };
}

function buildCopies(source: Source): Copy[] {
  const { step } = source;
  const nextEventId = (): string => `evt-${RUN}-${(events += 1)}`;
  const first = buildCopy(source, nextEventId());
  const copies = [first];
  for (let count = 0; count < (step.duplicates ?? 0); count += 1) {
    const isFresh = step.freshEventIds === true || step.unknownId === true;
    copies.push(
      isFresh
        ? buildCopy(source, nextEventId())
        : { ...first, receipt: { ...first.receipt, posts: [] } },
    );
  }
  return copies;
}

function isTaken(post: ReceiptPost): boolean {
  return typeof post.answer === 'number' && post.answer >= 200 && post.answer < 300;
}

export function createReceipts({ options, messages, timers }: ReceiptsDeps): Receipts {
  const poster = createPoster(options.receiptTimeoutMs);
  let isClosed = false;

  async function deliver(entry: MessageEntry, copy: Copy, tries: number): Promise<void> {
    if (isClosed) {
      return;
    }
    const post = await poster.post(copy.request);
    messages.recordPost(entry, copy.receipt, post);
    const delayMs = options.retryDelaysMs[tries];
    if (!isTaken(post) && copy.receipt.signature === 'valid' && delayMs !== undefined) {
      timers.after(delayMs, () => void deliver(entry, copy, tries + 1));
    }
  }

  async function post(taken: Taken, step: StatusStep): Promise<void> {
    const copies = buildCopies({ taken, step, options });
    copies.forEach((copy) => messages.recordReceipt(taken.entry, copy.receipt));
    await Promise.all(copies.map((copy) => deliver(taken.entry, copy, 0)));
  }

  return {
    post,
    schedule(taken, steps) {
      for (const step of steps) {
        timers.after(step.afterMs ?? 0, () => void post(taken, step));
      }
    },
    close() {
      isClosed = true;
      poster.close();
    },
  };
}
