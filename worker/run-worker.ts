import type { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities';
import type { ActivityDeps } from '../activities/deps';
import type { AtFaultPoint } from '../activities/faults';
import { createSendSlots } from '../activities/send-slots';
import { compose } from '../callbacks/compose';
import type { CallbackDeps } from '../callbacks/deps';
import { createDrain } from '../callbacks/drain';
import { createPoster, type Poster } from '../callbacks/poster';
import { callbackSchedule } from '../callbacks/schedule';
import { createSigningDirectory } from '../callbacks/signing-directory';
import { wakeForgottenEndpoints } from '../callbacks/sweeper';
import { createWakeEndpoint } from '../callbacks/wake';
import { createAdapters } from '../providers/registry';
import type { ConfigFor } from '../runtime/config';
import { createHttpClient } from '../runtime/http-client';
import type { Logger } from '../runtime/logger';
import { startLoop } from '../runtime/loop';
import type { ShutdownPhase } from '../runtime/shutdown';
import {
  connectTemporalClient,
  loadTemporalSettings,
  type TemporalClient,
} from '../runtime/temporal';
import { connectTemporalWorker } from '../runtime/temporal-worker';
import { createAccounts } from '../store/accounts';
import { expireLeases } from '../store/attempts';
import { openDatabase, type Database } from '../store/database';
import { parseKeyRing } from '../store/key-ring';
import { createSecrets, type Secrets } from '../store/secrets';
import { createWorkers } from './worker';

export interface WorkerProcess {
  /** Rejects when a worker fails; resolves after an orderly stop. */
  readonly running: Promise<void>;
  /** The orderly stop, in order. */
  readonly phases: readonly ShutdownPhase[];
}

export interface RunWorkerOptions {
  readonly config: ConfigFor<'worker'>;
  readonly bundlePath: string;
  readonly log: Logger;
  /** Where fault tests stop or kill the process; default nowhere. */
  readonly at?: AtFaultPoint;
}

const SWEEP_EVERY_MS = 5_000;
/** How long past its lease a claim is left to its own next run before the sweeper settles it, in seconds. */
const LEASE_GRACE_SECONDS = 60;

/** Puts the worker together and starts it. */
export async function runWorker(options: RunWorkerOptions): Promise<WorkerProcess> {
  const parts = await createParts(options);
  const { db, callbacks, poster, temporal, native, aborted } = parts;
  const workers = await createWorkers({
    ...native,
    bundlePath: options.bundlePath,
    activities: createActivities(activityDeps(options, parts)),
    ...deploymentOf(options.config),
  });
  const sweeper = startLoop({
    everyMs: SWEEP_EVERY_MS,
    work: () => sweep(db, callbacks),
    onError: (err) => options.log.warn({ err }, 'sweep failed'),
  });
  const running = Promise.all(workers.map((worker) => worker.run())).then(() => undefined);
  return {
    running,
    phases: [
      { name: 'workers', limitMs: 26_000, run: () => stopWorkers(workers, running) },
      { name: 'sweeper', limitMs: 2_000, run: () => sweeper.stop() },
      { name: 'poster', limitMs: 5_000, run: () => poster.close() },
      {
        name: 'connections',
        limitMs: 2_000,
        run: async () => {
          aborted.abort();
          const closing = [callbacks.http, temporal, native.connection, db];
          await Promise.all(closing.map((one) => one.close()));
        },
      },
    ],
  };
}

/** What the worker is made of, below its activities. */
interface Parts {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly temporal: TemporalClient;
  readonly native: { readonly connection: NativeConnection; readonly namespace: string };
  readonly callbacks: CallbackDeps;
  readonly poster: Poster;
  readonly aborted: AbortController;
}

async function createParts({ config, log }: RunWorkerOptions): Promise<Parts> {
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: 'failover-dispatch worker',
  });
  const secrets = createSecrets(db, parseKeyRing(config.secretsKeys));
  await secrets.check();
  const settings = loadTemporalSettings();
  const temporal = connectTemporalClient(settings);
  const callbacks: CallbackDeps = {
    db,
    log,
    http: createHttpClient({ allow: config.outboundAllow }),
    schedule: callbackSchedule(config),
    signingFor: createSigningDirectory(db, secrets),
    wake: createWakeEndpoint(temporal.client),
  };
  const poster = createPoster(callbacks, {
    inFlight: config.callbackPosts,
    perHost: config.callbackPostsPerHost,
  });
  const native = await connectTemporalWorker(settings);
  return { db, secrets, temporal, native, callbacks, poster, aborted: new AbortController() };
}

function activityDeps({ config, at = nowhere }: RunWorkerOptions, parts: Parts): ActivityDeps {
  const { db, secrets, callbacks, poster, aborted } = parts;
  return {
    db,
    poster,
    compose,
    accounts: createAccounts(db, secrets),
    adapterFor: createAdapters(callbacks.http),
    drain: createDrain(callbacks),
    receiptUrl: (token) => `${config.publicUrl}/webhooks/${token}`,
    slots: createSendSlots(config.sendsPerAccount),
    at,
    abortSignal: aborted.signal,
  };
}

async function stopWorkers(workers: readonly Worker[], running: Promise<void>): Promise<void> {
  for (const worker of workers.filter((one) => one.getState() === 'RUNNING')) {
    worker.shutdown();
  }
  await running;
}

async function sweep(db: Database, callbacks: CallbackDeps): Promise<void> {
  await expireLeases(db, LEASE_GRACE_SECONDS);
  await wakeForgottenEndpoints(callbacks);
}

function deploymentOf({ deploymentName, workerBuildId }: ConfigFor<'worker'>) {
  return deploymentName === undefined || workerBuildId === undefined
    ? {}
    : { deployment: { name: deploymentName, buildId: workerBuildId } };
}

function nowhere(): void {
  // Fault points are for tests.
}
