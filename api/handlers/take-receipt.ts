import { DomainError } from '../../domain/errors';
import type { Inbox } from '../../receipts/inbox';
import type { PublicHandler } from '../route';

/** What a provider posts to an account's receipt URL: 2xx only once it is kept. */
export function takeReceiptHandler(inbox: Inbox, publicUrl: string): PublicHandler {
  return async (request) => {
    const heard = await inbox.hear(request.params.token ?? '', {
      method: request.method,
      url: `${publicUrl}${request.path}`,
      headers: request.headers,
      query: request.query,
      rawBody: request.rawBody,
      receivedAt: new Date(),
    });
    switch (heard.kind) {
      case 'unknown_token':
        throw new DomainError('not_found', 'No such receipt URL.');
      case 'forged':
        request.log.warn({ traceId: request.traceId, reason: heard.reason }, 'receipt refused');
        throw new DomainError('unauthorized', 'The signature is missing or wrong.');
      case 'heard':
        return heard.reply;
    }
  };
}
