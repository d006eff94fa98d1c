import type {
  AccountState,
  Channel,
  DefinitionState,
  FieldType,
  Idempotency,
  MessageStatus,
  ProtocolType,
  UnknownPolicy,
} from './vocabulary';

/** One entry of a credential or settings schema (contract 10.6). */
export interface Field {
  readonly key: string;
  readonly label: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly [option: string]: unknown;
}

/** What a provider's channel can do. Absent: unknown or no. */
export interface Capabilities {
  readonly statuses?: readonly MessageStatus[];
  readonly idempotency?: Idempotency;
  readonly echoesClientRef?: boolean;
  readonly ttlSeconds?: { readonly min: number; readonly max: number };
}

/** JSONata expressions that authenticate a request; `credentials` is in scope here alone. */
export interface AuthMap {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** How a message is sent over HTTP (`interface.md`, form of a REST channel definition). */
export interface SendMap {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly messageRef?: string;
  readonly outcome?: string;
}

/** How inbound reports prove themselves. `secret` names a value such as `credentials.webhookSecret`. */
export interface SignatureMap {
  readonly scheme: string;
  readonly header?: string;
  readonly secret?: string;
  readonly [option: string]: unknown;
}

/** How inbound reports are read and answered. */
export interface ReceiptMap {
  readonly signature?: SignatureMap;
  readonly updates: string;
  readonly reply?: { readonly status?: number; readonly body?: string };
}

/** A request that tests an account without sending anything. */
export interface ProbeMap {
  readonly method: string;
  readonly path: string;
  readonly ok: string;
}

/** What a provider needs for a channel, and how to send: a provider as data. */
export interface ChannelDefinition {
  readonly id: string;
  readonly providerId: string;
  readonly channel: Channel;
  readonly version: number;
  readonly state: DefinitionState;
  readonly credentialSchema: readonly Field[];
  readonly settingsSchema: readonly Field[];
  readonly capabilities: Capabilities;
  readonly auth?: AuthMap;
  readonly send?: SendMap;
  readonly receipt?: ReceiptMap;
  readonly probe?: ProbeMap;
}

/** A system that sends for us. `tenantId` absent: global. */
export interface Provider {
  readonly id: string;
  readonly tenantId?: string;
  readonly code: string;
  readonly name: string;
  readonly protocolType: ProtocolType;
  readonly baseUrl?: string;
  readonly isActive: boolean;
}

/** A tenant's credentials and settings for one channel definition; spoken: account. */
export interface Account {
  readonly id: string;
  readonly tenantId: string;
  readonly provider: Provider;
  readonly definition: ChannelDefinition;
  readonly channel: Channel;
  /** Where this account's provider listens, no trailing slash. */
  readonly baseUrl: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly priority: number;
  readonly isActive: boolean;
  readonly onUnknown: UnknownPolicy;
  /** Longest provider call in milliseconds, 1,000 to 60,000, default 10,000. */
  readonly timeoutMs: number;
  readonly state: AccountState;
}
