import type { IncomingMessage, ServerResponse } from 'node:http';

import { jsonOf } from './callback-log';
import type { CallbackLog, CallbackSubject } from './callback-log';
import type { ReceiverDial, ReceiverDials } from './receiver-dials';
import type { Timers } from './timers';
import { checkCallback } from './verify';
import { answerText, readBody } from './wire';

export interface ReceiverDeps {
  readonly callbacks: CallbackLog;
  readonly receiver: ReceiverDials;
  readonly timers: Timers;
  /** Secrets that callbacks are verified with; may change while running. */
  readonly secrets: () => readonly string[];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What a callback is about: a status names its dispatch in `_links`, a final report at its top. */
function subjectOf(raw: Buffer): CallbackSubject {
  const body = recordOf(jsonOf(raw));
  const links = recordOf(body['_links']);
  const linked = recordOf(links['workflow'] ?? links['dispatch']);
  const messageUuid = textOf(body['message_uuid']);
  const isReport = messageUuid === undefined && body['template'] !== undefined;
  const event = messageUuid === undefined ? undefined : 'message.status';
  return {
    event: isReport ? 'dispatch.final' : event,
    dispatchUuid: textOf(body['dispatch_uuid']) ?? textOf(linked['dispatch_uuid']),
    messageUuid,
    status: textOf(body['status']),
  };
}

function answeredBy(dial: ReceiverDial): number | 'hang' | 'reset' {
  if (dial.hang) {
    return 'hang';
  }
  return dial.reset ? 'reset' : (dial.status ?? 200);
}

function giveAnswer(response: ServerResponse, dial: ReceiverDial): void {
  if (dial.hang) {
    return;
  }
  if (dial.reset) {
    response.destroy();
    return;
  }
  Object.entries(dial.headers ?? {}).forEach(([name, value]) => response.setHeader(name, value));
  answerText(response, dial.status ?? 200, dial.body ?? '');
}

/** `POST /callbacks…`: the caller's side of the product. The callback is in the log before it is answered. */
export async function receiveCallback(
  deps: ReceiverDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const at = Date.now();
  const raw = await readBody(request);
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const subject = subjectOf(raw);
  const dial = deps.receiver.take({ path, ...subject });
  deps.callbacks.record({
    at,
    path,
    webhookId: textOf(request.headers['webhook-id']),
    ...subject,
    ...checkCallback(request.headers, raw, deps.secrets()),
    answered: answeredBy(dial),
    headers: request.headers,
    raw,
  });
  if (dial.delayMs === undefined) {
    giveAnswer(response, dial);
  } else {
    deps.timers.after(dial.delayMs, () => giveAnswer(response, dial));
  }
}
