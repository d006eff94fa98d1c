import type { Usage } from '../domain/message';
import type { Channel, EndStatus, MessageStatus } from '../domain/vocabulary';
import { messageHref, type HrefStyle } from './hrefs';

/** A message that was sent, or refused outright, as the report lists it. */
export interface ReportedMessage {
  readonly messageId: string;
  readonly channel: Channel;
  readonly status: MessageStatus;
  /** Absent when the message was not priced. */
  readonly usage?: Usage;
}

/** The end of a dispatch, as the caller is told it. */
export interface FinalReportInput {
  readonly dispatchId: string;
  readonly status: EndStatus;
  /** When the dispatch ended, ISO 8601 UTC with milliseconds. */
  readonly at: string;
  /** The total in the dispatch's own currency; `0` when nothing was charged. */
  readonly usage: Usage;
  /** In the order they were sent; messages never started are left out. */
  readonly messages: readonly ReportedMessage[];
  readonly hrefStyle: HrefStyle;
  /** Only for corrections: 2, 3 … */
  readonly revision?: number;
  /** Only for corrections: whether more than one message reached the person. */
  readonly duplicateDelivery?: boolean;
}

/**
 * The bytes of a final report. A canceled dispatch reports `error`, the only other documented value, and says
 * `cause: "canceled"` beside it.
 */
export function finalReportBody(input: FinalReportInput): string {
  const { price, currency } = input.usage;
  return JSON.stringify({
    dispatch_uuid: input.dispatchId,
    template: 'failover',
    status: input.status === 'completed' ? 'completed' : 'error',
    timestamp: input.at,
    usage: { price, currency },
    cause: input.status === 'canceled' ? 'canceled' : undefined,
    revision: input.revision,
    duplicate_delivery: input.duplicateDelivery,
    _links: {
      messages: input.messages.map((message) => messageLink(message, input.hrefStyle)),
    },
  });
}

function messageLink(message: ReportedMessage, style: HrefStyle): object {
  const { messageId, channel, usage, status } = message;
  return {
    message_uuid: messageId,
    href: messageHref(messageId, style),
    channel,
    ...(usage && { usage: { currency: usage.currency, price: usage.price } }),
    status,
  };
}
