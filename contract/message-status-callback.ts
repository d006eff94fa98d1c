import type { MessageError, Party, Usage } from '../domain/message';
import type { MessageStatus } from '../domain/vocabulary';
import { dispatchHref, type HrefStyle } from './hrefs';

/** One status of one message, as the caller is told it. */
export interface MessageStatusInput {
  readonly messageId: string;
  readonly dispatchId: string;
  /** Absent once the person was erased. */
  readonly recipient?: Party;
  readonly sender?: Party;
  readonly status: MessageStatus;
  /** When it happened, ISO 8601 UTC with milliseconds. */
  readonly at: string;
  /** Only with a failure. */
  readonly error?: Pick<MessageError, 'code' | 'reason'>;
  /** Absent when the message was not priced: never zero in its place. */
  readonly usage?: Usage;
  readonly clientRef?: string;
  readonly hrefStyle: HrefStyle;
}

/**
 * The bytes of a message status callback. Both links name the same dispatch: the spec has `workflow`, the wire had
 * `dispatch`. Made once; posts and signatures repeat these very bytes.
 */
export function messageStatusBody(input: MessageStatusInput): string {
  const link = {
    dispatch_uuid: input.dispatchId,
    href: dispatchHref(input.dispatchId, input.hrefStyle),
  };
  return JSON.stringify({
    message_uuid: input.messageId,
    to: partyBody(input.recipient),
    from: partyBody(input.sender),
    timestamp: input.at,
    status: input.status,
    error: input.error && { code: input.error.code, reason: input.error.reason },
    usage: input.usage && { currency: input.usage.currency, price: input.usage.price },
    client_ref: input.clientRef,
    _links: { workflow: link, dispatch: link },
  });
}

/** A party on the wire: its channel and the number or id that was used. */
export function partyBody(
  party: Party | undefined,
): { type: string; id?: string; number?: string } | undefined {
  return (
    party && {
      type: party.type,
      ...(party.id !== undefined && { id: party.id }),
      ...(party.number !== undefined && { number: party.number }),
    }
  );
}
