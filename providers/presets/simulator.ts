import type { Field, ReceiptMap, SendMap } from '../../domain/provider';
import type { MessageStatus, VonageChannel } from '../../domain/vocabulary';
import type { ProviderPreset } from './preset';

/** The provider of `npm run dev`, the demo and the tests: plain HTTP and JSON, sends to nobody. */

const CREDENTIAL_SCHEMA: readonly Field[] = [
  { key: 'apiKey', label: 'API Key', type: 'password', required: true },
  { key: 'webhookSecret', label: 'Webhook Secret', type: 'password', required: true },
];

/** Account faults go to the next account; every other 4xx is a refusal of this message, with the class it names. */
const OUTCOME = `
  status < 300 ? { 'kind': 'accepted' }
  : status = 429 ? { 'kind': 'retry', 'class': 'rate_limited', 'after': headers.\`retry-after\` }
  : status >= 500 ? { 'kind': 'retry', 'class': 'outage', 'after': headers.\`retry-after\` }
  : body.class in ['auth', 'quota', 'rate_limited', 'outage'] ? { 'kind': 'retry', 'class': body.class }
  : {
      'kind': 'refused',
      'class': body.class ? body.class : 'other',
      'code': body.code ? body.code : 1030,
      'reason': body.reason ? body.reason : 'HTTP ' & $string(status)
    }`;

/** The error's class follows from Vonage's code; codes that name neither recipient nor content are `other`. */
const UPDATES = `
  body.events.{
    'messageRef': id,
    'clientRef': ref,
    'eventId': eventId,
    'status': status,
    'occurredAt': at,
    'price': price,
    'currency': currency,
    'error': error.{
      'class': code in [1170, 1190, 1300, 1310, 1430] ? 'recipient_invalid'
        : code in [1050, 1240, 1280] ? 'recipient_blocked'
        : code in [1020, 1022, 1040, 1090, 1210] ? 'content_rejected'
        : code = 1360 ? 'expired'
        : 'other',
      'code': code,
      'reason': reason
    }
  }`;

const RECEIPT: ReceiptMap = {
  signature: {
    scheme: 'hmac-sha256',
    header: 'x-signature',
    prefix: 'sha256=',
    secret: 'credentials.webhookSecret',
  },
  updates: UPDATES,
  reply: { status: 200, body: '' },
};

/** How a channel addresses people: which of the two fields of `to` and `from` it uses, and what it can report. */
interface ChannelFacts {
  readonly channel: VonageChannel;
  readonly to: 'recipient.number' | 'recipient.id';
  readonly from: 'sender.number' | 'sender.id';
  readonly knowsRead: boolean;
}

const CHANNELS: readonly ChannelFacts[] = [
  { channel: 'sms', to: 'recipient.number', from: 'sender.number', knowsRead: false },
  { channel: 'mms', to: 'recipient.number', from: 'sender.number', knowsRead: false },
  { channel: 'whatsapp', to: 'recipient.number', from: 'sender.number', knowsRead: true },
  { channel: 'messenger', to: 'recipient.id', from: 'sender.id', knowsRead: true },
  { channel: 'viber_service_msg', to: 'recipient.number', from: 'sender.id', knowsRead: true },
];

function sendOf({ channel, to, from }: ChannelFacts): SendMap {
  return {
    method: 'POST',
    path: '/messages',
    body: `{
      'to': ${to},
      'from': ${from},
      'channel': '${channel}',
      'text': content.text,
      'content': content,
      'ref': messageId,
      'receiptUrl': receiptUrl,
      'ttl': ttlSeconds
    }`,
    messageRef: 'body.id',
    outcome: OUTCOME,
  };
}

function statusesOf({ knowsRead }: ChannelFacts): readonly MessageStatus[] {
  return ['submitted', 'delivered', ...(knowsRead ? (['read'] as const) : [])];
}

export const SIMULATOR_PRESET: ProviderPreset = {
  provider: {
    code: 'SIMULATOR',
    name: 'Simulator',
    protocolType: 'REST',
    baseUrl: 'http://127.0.0.1:8090',
    isActive: true,
  },
  definitions: CHANNELS.map((facts) => ({
    channel: facts.channel,
    version: 1,
    state: 'current',
    credentialSchema: CREDENTIAL_SCHEMA,
    settingsSchema: [],
    capabilities: {
      statuses: [...statusesOf(facts), 'rejected', 'undeliverable'],
      idempotency: 'none',
      echoesClientRef: true,
      ttlSeconds: { min: 1, max: 259_200 },
    },
    auth: { headers: { 'x-api-key': 'credentials.apiKey' } },
    send: sendOf(facts),
    receipt: RECEIPT,
    probe: { method: 'GET', path: '/account', ok: 'status = 200' },
  })),
};
