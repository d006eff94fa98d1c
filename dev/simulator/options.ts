/** How a simulator is set up; every value has a default, so `startSimulator()` alone works. */
export interface SimulatorOptions {
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on, default `127.0.0.1`. */
  readonly host?: string;
  /** Keys that `x-api-key` may carry, default `simulator-key` alone. Several let dials tell accounts apart. */
  readonly apiKeys?: readonly string[];
  /** Signs receipts, default `simulator-webhook-secret`. */
  readonly webhookSecret?: string;
  /** `whsec_…` secrets that callbacks are verified with, default none (callbacks are then `unchecked`). */
  readonly receiverSecrets?: readonly string[];
  /** Whether the same `ref` sent again gives the same id and reaches nobody twice, default no. A dial may override. */
  readonly nativeIdempotency?: boolean;
  /** Whether magic recipients work, default yes; benchmarks with made-up numbers turn them off. */
  readonly magic?: boolean;
  /** File to which every message, receipt and its answers are appended, one JSON text per line. */
  readonly logFile?: string;
  /** File to which every callback is appended, one JSON text per line. */
  readonly callbacksLogFile?: string;
  /** Keeps ids, times and counts but no contents, headers and receipts, default no. For benchmarks. */
  readonly quietLog?: boolean;
  /** Entries kept in memory, of messages and of callbacks each, default 50,000. */
  readonly keep?: number;
  /** Gaps between tries of a receipt in milliseconds, default 1 s, 2 s, 5 s, 10 s … two minutes in all. */
  readonly retryDelaysMs?: readonly number[];
  /** How long a receipt's answer may take in milliseconds, default 10,000. */
  readonly receiptTimeoutMs?: number;
  /** Price told with `delivered` unless the status says another, default `0.0333`. */
  readonly price?: string;
  /** Currency of prices, default `EUR`. */
  readonly currency?: string;
}

export type ResolvedOptions = Required<Omit<SimulatorOptions, 'logFile' | 'callbacksLogFile'>> &
  Pick<SimulatorOptions, 'logFile' | 'callbacksLogFile'>;

const DEFAULTS = {
  port: 0,
  host: '127.0.0.1',
  apiKeys: ['simulator-key'],
  webhookSecret: 'simulator-webhook-secret',
  receiverSecrets: [],
  nativeIdempotency: false,
  magic: true,
  quietLog: false,
  keep: 50_000,
  retryDelaysMs: [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000],
  receiptTimeoutMs: 10_000,
  price: '0.0333',
  currency: 'EUR',
} as const satisfies ResolvedOptions;

/** Fills in the defaults; an option that is present but undefined counts as absent. */
export function resolveOptions(options: SimulatorOptions): ResolvedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}
