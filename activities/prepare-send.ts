import { PrepareError, type OutgoingMessage, type PreparedSend } from '../providers/adapter';
import type { LoadedAccount } from '../store/accounts';
import type { SendContext } from '../store/attempts';
import type { Message } from '../store/messages';
import type { ActivityDeps } from './deps';
import type { SendMessageInput } from './send-message';

/** Makes the request ready before anything is claimed, so that only the write is left. */
export async function prepareSend(
  deps: ActivityDeps,
  input: SendMessageInput,
  context: SendContext,
  loaded: LoadedAccount,
): Promise<PreparedSend> {
  const { account, credentials = {}, receiptToken } = loaded;
  const plain = Object.fromEntries(
    Object.entries(credentials).map(([field, secret]) => [field, secret.reveal()]),
  );
  const message = outgoing(input, context.message, deps.receiptUrl(receiptToken.reveal()));
  return deps.adapterFor(account.provider.protocolType).prepare(message, account, plain);
}

function outgoing(input: SendMessageInput, message: Message, receiptUrl: string): OutgoingMessage {
  const { recipient, sender, content } = message;
  if (recipient === null || sender === null || content === null) {
    throw new PrepareError({ class: 'other', code: 1030, reason: 'The content has been erased' });
  }
  return {
    messageId: input.messageId,
    dispatchId: input.dispatchId,
    channel: message.channel,
    recipient,
    sender,
    content,
    receiptUrl,
    ...(message.expirySeconds === null ? {} : { ttlSeconds: message.expirySeconds }),
  };
}
