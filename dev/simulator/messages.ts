import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import { answeredBy, giveAnswer, isTaking } from './answers';
import { behaviourFor } from './behaviour';
import type { Behaviour } from './behaviour';
import type { DialStore } from './dials';
import type { MessageEntry, MessageLog } from './message-log';
import type { ResolvedOptions } from './options';
import type { Receipts, Taken } from './receipts';
import type { Timers } from './timers';
import { answerJson, parseJson, readBody } from './wire';

const text = z.union([z.string(), z.number()]).transform(String);
const messageBody = z.object({
  to: text,
  from: text.optional(),
  channel: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
  ref: z.string().optional(),
  receiptUrl: z.string().optional(),
  ttl: z.number().optional(),
});
type MessageBody = z.infer<typeof messageBody>;

export interface MessagesDeps {
  readonly options: ResolvedOptions;
  readonly dials: DialStore;
  readonly messages: MessageLog;
  readonly receipts: Receipts;
  readonly timers: Timers;
}

/** Longest wait for the answers of early receipts, in milliseconds. */
const EARLY_WAIT_MS = 2_000;

const RUN = randomBytes(4).toString('hex');
let ids = 0;

/** The key of the caller, or undefined after a 401. */
export function authenticate(
  request: IncomingMessage,
  response: ServerResponse,
  options: ResolvedOptions,
): string | undefined {
  const key = request.headers['x-api-key'];
  if (typeof key === 'string' && options.apiKeys.includes(key)) {
    return key;
  }
  answerJson(response, 401, { class: 'auth', code: 1030, reason: 'x-api-key is missing or wrong' });
  return undefined;
}

/** Records the try, before anything is told to anybody. */
function take(deps: MessagesDeps, body: MessageBody, apiKey: string): [Behaviour, Taken, boolean] {
  const { receiptUrl = '', ...message } = body;
  const known = deps.messages.find(body.ref);
  const behaviour = behaviourFor(deps, { ...message, apiKey }, known);
  const repeated = behaviour.nativeIdempotency ? known?.id : undefined;
  const id = repeated ?? `sim-${RUN}-${(ids += 1)}`;
  const isTaken = repeated === undefined && isTaking(behaviour.answer);
  const entry: MessageEntry = deps.messages.recordTry(message, {
    at: Date.now(),
    id,
    taken: isTaken,
    answered: answeredBy(behaviour.answer),
    by: behaviour.by,
    apiKey,
  });
  return [behaviour, { entry, id, receiptUrl }, isTaken];
}

async function postEarly(deps: MessagesDeps, taken: Taken, behaviour: Behaviour): Promise<void> {
  const early = behaviour.statuses.filter((step) => step.early);
  if (early.length > 0) {
    const posts = Promise.all(early.map((step) => deps.receipts.post(taken, step)));
    await Promise.race([posts, pause(deps.timers, EARLY_WAIT_MS)]);
  }
}

function pause(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => timers.after(delayMs, resolve));
}

/** `POST /messages`: what a provider's front door does, well or badly. */
export async function postMessage(
  deps: MessagesDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const apiKey = authenticate(request, response, deps.options);
  if (apiKey === undefined) {
    request.resume();
    return;
  }
  const parsed = messageBody.safeParse(parseJson(await readBody(request)));
  if (!parsed.success) {
    const reason = z.prettifyError(parsed.error);
    answerJson(response, 400, { class: 'content_rejected', code: 1020, reason });
    return;
  }
  const [behaviour, taken, isTaken] = take(deps, parsed.data, apiKey);
  const isReporting = isTaken && taken.receiptUrl !== '';
  if (isReporting) {
    await postEarly(deps, taken, behaviour);
  }
  if (behaviour.answerAfterMs > 0) {
    await pause(deps.timers, behaviour.answerAfterMs);
  }
  giveAnswer(response, behaviour.answer, taken.id);
  if (isReporting) {
    const later = behaviour.statuses.filter((step) => !step.early);
    deps.receipts.schedule(taken, later);
  }
}
