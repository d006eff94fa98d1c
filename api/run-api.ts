import { compose } from '../callbacks/compose';
import type { CallbackDeps } from '../callbacks/deps';
import { createPoster } from '../callbacks/poster';
import { callbackSchedule } from '../callbacks/schedule';
import { createSigningDirectory } from '../callbacks/signing-directory';
import { wakeForgottenEndpoints } from '../callbacks/sweeper';
import { createWakeEndpoint } from '../callbacks/wake';
import { createAdapters } from '../providers/registry';
import { forwardDueSignals, rematchUnmatched } from '../receipts/forwarder';
import { createInbox } from '../receipts/inbox';
import { createSignalSender } from '../receipts/signal-sender';
import type { ConfigFor } from '../runtime/config';
import { createHttpClient } from '../runtime/http-client';
import type { Logger } from '../runtime/logger';
import { startLoop, type Loop } from '../runtime/loop';
import { ensureSearchAttributes } from '../runtime/search-attributes';
import type { ShutdownPhase } from '../runtime/shutdown';
import { connectTemporalClient, type TemporalClient } from '../runtime/temporal';
import { createAccounts } from '../store/accounts';
import { createCallers } from '../store/callers';
import { openDatabase, type Database } from '../store/database';
import { parseKeyRing } from '../store/key-ring';
import { loadPepper } from '../store/pepper';
import { checkSchema } from '../store/schema-version';
import { createSecrets, type Secrets } from '../store/secrets';
import { sweepAccepts, sweepGoneWorkflows } from './accept-sweeper';
import { createApp } from './app';
import type { AtAcceptPoint } from './faults';
import { createDispatchHandler } from './handlers/create-dispatch';
import { getDispatchHandler, getMessageHandler } from './handlers/get-dispatch';
import { takeReceiptHandler } from './handlers/take-receipt';
import { createReadyz } from './health';
import { createLoadGauge } from './middleware/load-gauge';
import { createRoutes } from './routes';
import { startServer } from './server';
import { createStartDispatch } from './workflow-starter';

export interface ApiProcess {
  readonly port: number;
  /** The orderly stop, in order. */
  readonly phases: readonly ShutdownPhase[];
}

export interface RunApiOptions {
  readonly config: ConfigFor<'api'>;
  readonly log: Logger;
  /** Where fault tests stop or kill the process; default nowhere. */
  readonly at?: AtAcceptPoint;
}

/** Puts the API together and listens. */
export async function runApi(options: RunApiOptions): Promise<ApiProcess> {
  const { config, log } = options;
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: 'failover-dispatch api',
  });
  await checkSchema(db);
  const secrets = createSecrets(db, parseKeyRing(config.secretsKeys));
  await secrets.check();
  const pepper = await loadPepper(db, secrets);
  const temporal = connectTemporalClient();
  const http = createHttpClient({ allow: config.outboundAllow });
  const callbacks: CallbackDeps = {
    db,
    http,
    log,
    schedule: callbackSchedule(config),
    signingFor: createSigningDirectory(db, secrets),
    wake: createWakeEndpoint(temporal.client),
  };
  const poster = createPoster(callbacks, {
    inFlight: config.callbackPosts,
    perHost: config.callbackPostsPerHost,
  });
  const signals = createSignalSender({ db, client: temporal.client, log });
  const accounts = createAccounts(db, secrets);
  const attributes = ensureSearchAttributes(temporal.connection, temporal.namespace, log);
  const { hashSecret } = pepper;
  let stopping = false;
  const inbox = createInbox({
    db,
    accounts,
    secrets,
    hashSecret,
    poster,
    signals,
    log,
    adapterFor: createAdapters(http),
    composeStatus: compose.status,
  });
  const routes = createRoutes({
    createDispatch: createDispatchHandler({
      db,
      accounts,
      hashSecret,
      log,
      at: options.at ?? nowhere,
      minExpirySeconds: config.minExpirySeconds,
      maxSteps: config.maxSteps,
      maxOpenDispatches: config.maxOpenDispatches,
      startDispatch: createStartDispatch(temporal.client, {
        lastStepLimitMs: config.lastStepLimitSeconds * 1_000,
        lastStepRetryMs: config.lastStepRetrySeconds * 1_000,
        searchAttributes: attributes.known,
      }),
    }),
    getDispatch: getDispatchHandler(db),
    getMessage: getMessageHandler(db),
    takeReceipt: takeReceiptHandler(inbox, config.publicUrl),
    getReadyz: createReadyz({
      log,
      isStopping: () => stopping,
      checks: readinessChecks(db, secrets, temporal),
    }),
  });
  const load = createLoadGauge({
    maxEventLoopDelayMs: config.maxEventLoopDelayMs,
    maxConnectionWaits: config.maxConnectionWaits,
    connectionWaits: () => db.waiting(),
  });
  const app = createApp({
    routes,
    load,
    log,
    callers: createCallers(db, pepper),
    rateLimit: { perSecond: config.rateLimitPerKey, burst: config.rateLimitBurst },
    failedLoginsPerMinute: config.failedLoginsPerMinute,
  });
  const server = await startServer(app, config);
  const gone = { after: '' };
  const sweeping = { db, client: temporal.client, compose, poster, log };
  const forwarding = { db, signals, poster, composeStatus: compose.status };
  const loops = [
    loop(log, 1_000, () => forwardDueSignals(forwarding)),
    loop(log, 5_000, () => rematchUnmatched(forwarding)),
    loop(log, 5_000, () => wakeForgottenEndpoints(callbacks)),
    loop(log, 10_000, () => sweepAccepts(sweeping)),
    loop(log, 10_000, () => sweepGoneWorkflows(sweeping, gone)),
  ];
  return {
    port: server.port,
    phases: [
      {
        name: 'readiness',
        limitMs: config.shutdownDelayMs + 1_000,
        run: () => {
          stopping = true;
          return new Promise((resolve) => setTimeout(resolve, config.shutdownDelayMs));
        },
      },
      { name: 'requests', limitMs: 18_000, run: () => server.stop() },
      { name: 'loops', limitMs: 2_000, run: () => stopAll(loops) },
      { name: 'posts', limitMs: 3_000, run: () => poster.close() },
      {
        name: 'connections',
        limitMs: 1_500,
        run: async () => {
          server.cut();
          load.close();
          attributes.close();
          await signals.close();
          await Promise.all([http.close(), temporal.close(), db.close()]);
        },
      },
    ],
  };
}

function loop(log: Logger, everyMs: number, work: () => Promise<void>): Loop {
  return startLoop({
    everyMs,
    work,
    onError: (err) => log.warn({ err }, 'background round failed'),
  });
}

async function stopAll(loops: readonly Loop[]): Promise<void> {
  await Promise.all(loops.map((one) => one.stop()));
}

function readinessChecks(db: Database, secrets: Secrets, temporal: TemporalClient) {
  return [
    { name: 'postgres', check: () => checkSchema(db) },
    { name: 'keys', check: () => secrets.check(), limitMs: 1_000 },
    {
      name: 'temporal',
      limitMs: 2_000,
      check: () =>
        temporal.connection.withDeadline(Date.now() + 2_000, () =>
          temporal.connection.workflowService.getSystemInfo({}),
        ),
    },
  ];
}

function nowhere(): void {
  // Fault points are for tests.
}
