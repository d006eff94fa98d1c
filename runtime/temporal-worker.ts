/** The worker's half of Temporal: apart from the client's, so that only workers load the native library. */
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  type LogEntry,
  type RuntimeOptions,
} from '@temporalio/worker';
import type { Logger } from './logger';
import { isLoopback, loadTemporalSettings } from './temporal';

/** Connects now; fails when the server does not answer. */
export async function connectTemporalWorker(
  settings = loadTemporalSettings(),
): Promise<{ connection: NativeConnection; namespace: string }> {
  const connection = await NativeConnection.connect({
    ...settings.connectionOptions,
    // Compressing what stays in this machine's memory costs time and saves nothing.
    ...(isLoopback(settings.address) && { grpcCompression: { codec: 'none' } }),
  });
  return { connection, namespace: settings.namespace };
}

export interface TemporalRuntimeOptions {
  readonly log: Logger;
  readonly metricsPort?: number | undefined;
  readonly otlpEndpoint?: string | undefined;
}

/** Must run before anything else of the worker library. Signals are ours to handle: `runtime/shutdown.ts`. */
export function installTemporalRuntime(options: TemporalRuntimeOptions): void {
  const metrics = metricsFrom(options);
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', (entry) => writeEntry(options.log, entry)),
    ...(metrics && { telemetryOptions: { metrics } }),
  });
}

function metricsFrom({
  metricsPort,
  otlpEndpoint,
}: TemporalRuntimeOptions): NonNullable<RuntimeOptions['telemetryOptions']>['metrics'] {
  if (metricsPort !== undefined) {
    return { prometheus: { bindAddress: `127.0.0.1:${metricsPort}` } };
  }
  return otlpEndpoint === undefined ? undefined : { otel: { url: otlpEndpoint } };
}

/** What the library says of every worker of ours, whatever it says it as: nobody has to do anything about it. */
const ORDINARY = new Set([
  'Worker state changed',
  'No Nexus services registered, not polling for Nexus tasks',
  'No workflows registered, not polling for workflow tasks',
]);

function writeEntry(log: Logger, { level, message, meta }: LogEntry): void {
  // A task's token is long and of use to the server alone.
  const { error, taskToken: _, ...fields } = meta ?? {};
  const severity = ORDINARY.has(message)
    ? 'debug'
    : (level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error');
  log[severity]({ ...fields, ...(error !== undefined && { err: error }) }, message);
}
