import { v5 as uuidV5 } from 'uuid';
import { finalReportBody } from '../contract/final-report-callback';
import { messageStatusBody } from '../contract/message-status-callback';
import type { Usage } from '../domain/message';
import { totalUsage } from '../domain/usage';
import type { NewCallback } from '../store/callbacks';
import type { Compose, ToldReport } from '../store/finish';
import type { Message, ToldStatus } from '../store/messages';

/** Namespace of our webhook ids (a random UUID, fixed for ever: the same event must have the same id in every release). */
const WEBHOOK_IDS = '0f3c1b52-7a0e-4a3c-9c55-5f7c6d0c8f1e';

/** Turns what happened into what is posted: the id of the event and its bytes. */
export const compose: Compose = { status: composeStatus, report: composeReport };

function composeStatus(told: ToldStatus): NewCallback {
  const { message, status, usageRevision } = told;
  const body = messageStatusBody({
    messageId: message.id,
    dispatchId: told.dispatchId,
    status,
    at: told.at.toISOString(),
    hrefStyle: told.hrefStyle,
    ...(message.recipient === null ? {} : { recipient: message.recipient }),
    ...(message.sender === null ? {} : { sender: message.sender }),
    ...(message.clientRef === null ? {} : { clientRef: message.clientRef }),
    ...(told.error === undefined ? {} : { error: told.error }),
    ...(told.usage === undefined ? {} : { usage: told.usage }),
  });
  return {
    id: uuidV5(`message.status:${message.id}:${status}:${usageRevision}`, WEBHOOK_IDS),
    event: 'message.status',
    messageId: message.id,
    status,
    revision: usageRevision,
    body,
  };
}

function composeReport(told: ToldReport): NewCallback {
  const { dispatch, messages } = told;
  const listed = messages.map((message) => ({
    messageId: message.id,
    channel: message.channel,
    // Begun and with an unknown outcome: perhaps sent, so it is told as sent.
    status: message.status === 'planned' ? ('submitted' as const) : message.status,
    ...usageOf(message),
  }));
  const body = finalReportBody({
    dispatchId: dispatch.id,
    status: told.status,
    at: told.at.toISOString(),
    usage: totalUsage(listed, dispatch.currency, dispatch.fee),
    messages: listed,
    hrefStyle: dispatch.hrefStyle,
    ...(told.revision > 1 ? { revision: told.revision } : {}),
  });
  return {
    id: uuidV5(`dispatch.final:${dispatch.id}:${told.revision}`, WEBHOOK_IDS),
    event: 'dispatch.final',
    status: told.status,
    revision: told.revision,
    body,
  };
}

function usageOf({ price, currency }: Message): { usage?: Usage } {
  return price === null || currency === null ? {} : { usage: { price, currency } };
}
