import { setTimeout as sleep } from 'node:timers/promises';
import { compose } from '../callbacks/compose';
import type { CallbackDeps } from '../callbacks/deps';
import { createPoster, type Poster } from '../callbacks/poster';
import { callbackSchedule } from '../callbacks/schedule';
import { createSigningDirectory } from '../callbacks/signing-directory';
import { wakeForgottenEndpoints } from '../callbacks/sweeper';
import { createWakeEndpoint } from '../callbacks/wake';
import { createAdapters } from '../providers/registry';
import { forwardDueSignals, rematchUnmatched } from '../receipts/forwarder';
import { createInbox } from '../receipts/inbox';
import { createSignalSender, type SignalSender } from '../receipts/signal-sender';
import type { ConfigFor } from '../runtime/config';
import type { HttpClient } from '../runtime/http';
import { createHttpClient } from '../runtime/http-client';
import type { Logger } from '../runtime/logger';
import { startLoop, type Loop } from '../runtime/loop';
import { ensureSearchAttributes, type SearchAttributes } from '../runtime/search-attributes';
import type { ShutdownPhase } from '../runtime/shutdown';
import { connectTemporalClient, type TemporalClient } from '../runtime/temporal';
import { createAccounts, type Accounts } from '../store/accounts';
import { createCallers } from '../store/callers';
import { openDatabase, type Database } from '../store/database';
import { parseKeyRing } from '../store/key-ring';
import { loadPepper, type Pepper } from '../store/pepper';
import { checkSchema } from '../store/schema-version';
import { createSecrets, type Secrets } from '../store/secrets';
import { sweepAccepts, sweepGoneWorkflows } from './accept-sweeper';
import { createApp } from './app';
import type { AtAcceptPoint } from './faults';
import { createDispatchHandler } from './handlers/create-dispatch';
import { getDispatchHandler, getMessageHandler } from './handlers/get-dispatch';
import { takeReceiptHandler } from './handlers/take-receipt';
import { createReadyz, type ReadinessCheck } from './health';
import { createLoadGauge } from './middleware/load-gauge';
import { createOpenQuota } from './open-quota';
import { createRoutes, type Handlers } from './routes';
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
export async function runApi({ config, log, at = nowhere }: RunApiOptions): Promise<ApiProcess> {
  const parts = await createParts(config, log);
  const stopping = { begun: false };
  const load = createLoadGauge({ ...config, connectionWaits: () => parts.db.waiting() });
  const app = createApp({
    routes: createRoutes(createHandlers(parts, { config, log, at, stopping })),
    load,
    log,
    callers: createCallers(parts.db, parts.pepper),
    rateLimit: { perSecond: config.rateLimitPerKey, burst: config.rateLimitBurst },
    failedLoginsPerMinute: config.failedLoginsPerMinute,
  });
  const server = await startServer(app, config);
  const loops = startLoops(parts, log);
  return {
    port: server.port,
    phases: [
      {
        name: 'readiness',
        limitMs: config.shutdownDelayMs + 1_000,
        run: async () => {
          stopping.begun = true;
          await sleep(config.shutdownDelayMs);
        },
      },
      { name: 'requests', limitMs: 18_000, run: () => server.stop() },
      { name: 'loops', limitMs: 2_000, run: () => stopAll(loops) },
      { name: 'posts', limitMs: 3_000, run: () => parts.poster.close() },
      {
        name: 'connections',
        limitMs: 1_500,
        run: () => {
          server.cut();
          load.close();
          return closeParts(parts);
        },
      },
    ],
  };
}

/** What the API is made of, below its routes. */
interface Parts {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly pepper: Pepper;
  readonly accounts: Accounts;
  readonly temporal: TemporalClient;
  readonly http: HttpClient;
  readonly callbacks: CallbackDeps;
  readonly poster: Poster;
  readonly signals: SignalSender;
  readonly attributes: SearchAttributes;
}

async function createParts(config: ConfigFor<'api'>, log: Logger): Promise<Parts> {
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: 'failover-dispatch api',
  });
  await checkSchema(db);
  const secrets = createSecrets(db, parseKeyRing(config.secretsKeys));
  await secrets.check();
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
  return {
    db,
    secrets,
    temporal,
    http,
    callbacks,
    pepper: await loadPepper(db, secrets),
    accounts: createAccounts(db, secrets),
    poster: createPoster(callbacks, {
      inFlight: config.callbackPosts,
      perHost: config.callbackPostsPerHost,
    }),
    signals: createSignalSender({ db, client: temporal.client, log }),
    attributes: ensureSearchAttributes(temporal.connection, temporal.namespace, log),
  };
}

async function closeParts(parts: Parts): Promise<void> {
  parts.attributes.close();
  await parts.signals.close();
  await Promise.all([parts.http.close(), parts.temporal.close(), parts.db.close()]);
}

interface HandlerOptions extends Required<RunApiOptions> {
  readonly stopping: { readonly begun: boolean };
}

function createHandlers(parts: Parts, { config, log, at, stopping }: HandlerOptions): Handlers {
  const { db, accounts, secrets, poster, signals, temporal } = parts;
  const { hashSecret } = parts.pepper;
  const inbox = createInbox({
    db,
    accounts,
    secrets,
    hashSecret,
    poster,
    signals,
    log,
    adapterFor: createAdapters(parts.http),
    composeStatus: compose.status,
  });
  const startDispatch = createStartDispatch(temporal.client, {
    lastStepLimitMs: config.lastStepLimitSeconds * 1_000,
    lastStepRetryMs: config.lastStepRetrySeconds * 1_000,
    searchAttributes: parts.attributes.known,
  });
  const refuseBeyondQuota = createOpenQuota(db, config.maxOpenDispatches);
  const accepting = { db, accounts, hashSecret, log, at, startDispatch, refuseBeyondQuota };
  return {
    createDispatch: createDispatchHandler({ ...config, ...accepting }),
    getDispatch: getDispatchHandler(db),
    getMessage: getMessageHandler(db),
    takeReceipt: takeReceiptHandler(inbox, config.publicUrl),
    getReadyz: createReadyz({
      log,
      isStopping: () => stopping.begun,
      checks: readinessChecks(parts),
    }),
  };
}

/** What is done again and again, so that nothing waits for ever on a process that died. */
function startLoops({ db, temporal, signals, poster, callbacks }: Parts, log: Logger): Loop[] {
  const gone = { after: '' };
  const sweeping = { db, client: temporal.client, compose, poster, log };
  const forwarding = { db, signals, poster, composeStatus: compose.status };
  return [
    loop(log, 1_000, () => forwardDueSignals(forwarding)),
    loop(log, 5_000, () => rematchUnmatched(forwarding)),
    loop(log, 5_000, () => wakeForgottenEndpoints(callbacks)),
    loop(log, 10_000, () => sweepAccepts(sweeping)),
    loop(log, 10_000, () => sweepGoneWorkflows(sweeping, gone)),
  ];
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

function readinessChecks({ db, secrets, temporal }: Parts): ReadinessCheck[] {
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
