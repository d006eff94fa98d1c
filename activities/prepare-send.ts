import { PrepareError, type OutgoingMessage, type PreparedSend } from '../providers/adapter';
import type { LoadedAccount } from '../store/accounts';
import type { Message } from '../store/messages';
import type { SendMessageInput } from './send-message';
import type { SendRun } from './send-run';

/** Makes the request ready before anything is claimed, so that only the write is left. */
export async function prepareSend(
  { deps, input, context }: SendRun,
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
