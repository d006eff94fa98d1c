import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const DEFAULT_NAMESPACE = 'default';

/** Where Temporal is, read as Temporal's own tools read it. */
export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly connectionOptions: ClientConnectConfig['connectionOptions'];
}

export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly close: () => Promise<void>;
}

/** Reads `TEMPORAL_…` and `temporal.toml`; `env` replaces the process's environment. */
export function loadTemporalSettings(
  env?: Readonly<Record<string, string | undefined>>,
): TemporalSettings {
  const overrideEnvVars = env && definedVariables(env);
  const { connectionOptions, namespace } = loadClientConnectConfig({
    ...(overrideEnvVars && { overrideEnvVars }),
  });
  const address = connectionOptions.address ?? DEFAULT_ADDRESS;
  return {
    address,
    namespace: namespace ?? DEFAULT_NAMESPACE,
    connectionOptions: { ...connectionOptions, address },
  };
}

/** Connects at the first call and not before, so that the API starts while Temporal is away. */
export function connectTemporalClient(settings = loadTemporalSettings()): TemporalClient {
  const { address, tls, apiKey, metadata } = settings.connectionOptions;
  const connection = Connection.lazy({
    ...(address !== undefined && { address }),
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata }),
  });
  const client = new Client({ connection, namespace: settings.namespace });
  return { client, connection, namespace: settings.namespace, close: () => connection.close() };
}

/** Whether an address such as `localhost:7233` stays on this machine. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/^https?:\/\//, '').replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.');
}

function definedVariables(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
