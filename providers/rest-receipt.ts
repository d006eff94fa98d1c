import { isFailure, type StatusUpdate } from '../domain/message';
import type { ReceiptMap } from '../domain/provider';
import { MESSAGE_STATUSES } from '../domain/vocabulary';
import type { Credentials, InboundRequest, ParsedReceipt, ReceiptReply } from './adapter';
import { parseBody } from './bodies';
import { compileExpression } from './expressions';
import { CODE_UNKNOWN, errorClassFrom, errorCodeFrom, messageError } from './message-errors';
import { isRecord } from './plain-value';
import { createRedact, type Redact } from './redact';
import { textFrom } from './rest-values';
import { distrust } from './signatures';
import { occurredAtFrom } from './times';

/** Most updates that one request may carry. */
const UPDATES_MAX = 1_000;
const REF_MAX = 512;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** As the tables keep it. */
const PRICE = /^\d{1,12}(?:\.\d{1,12})?$/;
const CURRENCY = /^[A-Z]{3}$/;

/** What a report says that cannot be used; the message is for the operator and quotes no values. */
class Unreadable extends Error {}

/** Verifies and reads a report by its definition. */
export async function receiptOf(
  map: ReceiptMap | undefined,
  request: InboundRequest,
  credentials: Credentials,
): Promise<ParsedReceipt> {
  const reply = replyOf(map);
  if (map === undefined) {
    return { kind: 'unreadable', reason: 'the channel definition reads no reports', reply };
  }
  const reason = distrust(map.signature, request, credentials);
  if (reason !== undefined) {
    return { kind: 'forged', reason };
  }
  try {
    const redact = createRedact([credentials]);
    return { kind: 'updates', updates: await updatesOf(map, request, redact), reply };
  } catch (error) {
    return { kind: 'unreadable', reason: reasonOf(error), reply };
  }
}

function replyOf(map: ReceiptMap | undefined): ReceiptReply {
  return { status: map?.reply?.status ?? 200, body: map?.reply?.body ?? '' };
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) {
    return 'the body is not the JSON it says it is';
  }
  return error instanceof Error ? error.message : 'not understood';
}

async function updatesOf(
  map: ReceiptMap,
  request: InboundRequest,
  redact: Redact,
): Promise<readonly StatusUpdate[]> {
  const { headers, query } = request;
  const type = headers['content-type'];
  const body = parseBody(request.rawBody, typeof type === 'string' ? type : undefined);
  // Fields of the body may be named bare; the three names of the scope come first.
  const fields = isRecord(body) ? body : {};
  const result = await compileExpression(map.updates).evaluate({ ...fields, headers, query, body });
  if (result === undefined) {
    throw new Unreadable('the map finds no update');
  }
  const updates = Array.isArray(result) ? result : [result];
  if (updates.length > UPDATES_MAX) {
    throw new Unreadable(`more than ${UPDATES_MAX} updates`);
  }
  return updates.map((update: unknown, index) => updateFrom(update, index, redact));
}

function updateFrom(value: unknown, index: number, redact: Redact): StatusUpdate {
  if (!isRecord(value)) {
    throw new Unreadable(`update ${index} is no object`);
  }
  const status = MESSAGE_STATUSES.find((one) => one === value['status']);
  if (status === undefined) {
    throw new Unreadable(`update ${index}: unknown status`);
  }
  return defined({
    ...refsFrom(value, index),
    eventId: refFrom(value, 'eventId', index),
    status,
    occurredAt: timeFrom(value['occurredAt'], index),
    usage: usageFrom(value, index),
    error: isFailure(status) ? errorFrom(value['error'], redact) : undefined,
  });
}

function refsFrom(
  value: Readonly<Record<string, unknown>>,
  index: number,
): { messageRef: string | undefined; clientRef: string | undefined } {
  const messageRef = refFrom(value, 'messageRef', index);
  const echoed = refFrom(value, 'clientRef', index) ?? '';
  // Only our own ids are uuids; a provider may put somebody else's reference into the same field.
  const clientRef = UUID.test(echoed) ? echoed.toLowerCase() : undefined;
  if (messageRef === undefined && clientRef === undefined) {
    throw new Unreadable(`update ${index} names no message`);
  }
  return { messageRef, clientRef };
}

function refFrom(
  value: Readonly<Record<string, unknown>>,
  name: string,
  index: number,
): string | undefined {
  const given = value[name];
  if (given === undefined || given === null || given === '') {
    return undefined;
  }
  const text = textFrom(given);
  if (text === undefined || text.length > REF_MAX) {
    throw new Unreadable(`update ${index}: ${name} is no id`);
  }
  return text;
}

function timeFrom(value: unknown, index: number): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const at = occurredAtFrom(value);
  if (at === undefined) {
    throw new Unreadable(`update ${index}: occurredAt is no time`);
  }
  return at;
}

function usageFrom(value: Readonly<Record<string, unknown>>, index: number): StatusUpdate['usage'] {
  const usage = isRecord(value['usage']) ? value['usage'] : value;
  if (usage['price'] === undefined || usage['price'] === null) {
    return undefined;
  }
  const [price = '', currency = ''] = [textFrom(usage['price']), textFrom(usage['currency'])];
  if (!PRICE.test(price) || !CURRENCY.test(currency)) {
    throw new Unreadable(`update ${index}: price or currency cannot be read`);
  }
  return { price, currency };
}

function errorFrom(value: unknown, redact: Redact): StatusUpdate['error'] {
  if (!isRecord(value)) {
    return undefined;
  }
  const reason = redact(textFrom(value['reason']) ?? 'no reason given');
  const code = errorCodeFrom(value['code']) ?? CODE_UNKNOWN;
  return messageError(errorClassFrom(value['class']) ?? 'other', reason, code);
}

type MaybeUpdate = { readonly [Key in keyof StatusUpdate]: StatusUpdate[Key] | undefined };

/** Leaves out what is unknown. */
function defined(update: MaybeUpdate & Pick<StatusUpdate, 'status'>): StatusUpdate {
  const entries = Object.entries(update).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as StatusUpdate;
}
