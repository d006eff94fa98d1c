import type { Account, ChannelDefinition } from '../../domain/provider';
import type { InboundRequest, OutgoingMessage } from '../../providers/adapter';

export const MESSAGE_ID = '0b7f0d0e-4f4e-4c3a-9a53-0d7a3c5f1a11';

/** A message by SMS; what a test is about, it says itself. */
export function anOutgoingMessage(message: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    messageId: MESSAGE_ID,
    dispatchId: 'f2b5a1b4-90c8-4b7e-a0df-51b7a6f7a6c2',
    channel: 'sms',
    recipient: { type: 'sms', number: '447700900001' },
    sender: { type: 'sms', number: '447700900000' },
    content: { type: 'text', text: 'hello' },
    ttlSeconds: 600,
    receiptUrl: 'https://dispatch.example/webhooks/token',
    ...message,
  };
}

/** A REST account; `definition` adds to a definition that sends a small JSON body. */
export function anAccount(
  account: Partial<Omit<Account, 'definition'>> & {
    readonly definition?: Partial<ChannelDefinition>;
  } = {},
): Account {
  return {
    id: '018f0000-0000-7000-8000-000000000001',
    tenantId: '018f0000-0000-7000-8000-000000000002',
    provider: {
      id: '018f0000-0000-7000-8000-000000000003',
      code: 'TEST',
      name: 'Test',
      protocolType: 'REST',
      isActive: true,
    },
    channel: 'sms',
    baseUrl: 'http://127.0.0.1:1',
    settings: {},
    priority: 0,
    isActive: true,
    onUnknown: 'wait',
    timeoutMs: 10_000,
    state: 'ok',
    ...account,
    definition: aDefinition(account.definition),
  };
}

function aDefinition(definition: Partial<ChannelDefinition> = {}): ChannelDefinition {
  return {
    id: '018f0000-0000-7000-8000-000000000004',
    providerId: '018f0000-0000-7000-8000-000000000003',
    channel: 'sms',
    version: 1,
    state: 'current',
    credentialSchema: [],
    settingsSchema: [],
    capabilities: {},
    send: { method: 'POST', path: '/messages', body: "{ 'to': recipient.number }" },
    ...definition,
  };
}

/** A report as it arrives: JSON, unsigned. */
export function anInboundRequest(
  body: unknown,
  request: Partial<InboundRequest> = {},
): InboundRequest {
  return {
    method: 'POST',
    url: 'https://dispatch.example/webhooks/token',
    headers: { 'content-type': 'application/json' },
    query: {},
    rawBody: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    receivedAt: new Date('2026-11-22T10:00:00.000Z'),
    ...request,
  };
}
