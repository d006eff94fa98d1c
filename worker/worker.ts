import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Activities } from '../activities';
import { CALLBACKS_TASK_QUEUE, DISPATCH_TASK_QUEUE } from '../workflows/ids';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** File of the ready-made workflow bundle. */
  readonly bundlePath: string;
  readonly activities: Activities;
  /** Who this build is, where the platform says so (Kubernetes' worker controller): then workers are versioned. */
  readonly deployment?: { readonly name: string; readonly buildId: string };
}

/** Longest wait for what is under way at a stop; then it is cut, in milliseconds (security 5). */
const GRACE_MS = 20_000;
const FORCE_MS = 25_000;
/** Workflows kept in memory, explicit because the library's default fills the heap. */
const CACHED_DISPATCHES = 2_000;
const CACHED_CALLBACKS = 100;

/** The two workers of a process: dispatches with their sends, and callbacks. */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { sendMessage, finishDispatch, drainCallbacks } = options.activities;
  return Promise.all([
    createWorker(options, {
      taskQueue: DISPATCH_TASK_QUEUE,
      activities: { sendMessage, finishDispatch },
      maxCachedWorkflows: CACHED_DISPATCHES,
    }),
    createWorker(options, {
      taskQueue: CALLBACKS_TASK_QUEUE,
      activities: { drainCallbacks },
      maxCachedWorkflows: CACHED_CALLBACKS,
    }),
  ]);
}

interface Role {
  readonly taskQueue: string;
  readonly activities: Partial<Activities>;
  readonly maxCachedWorkflows: number;
}

function createWorker(options: WorkersOptions, role: Role): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    workflowBundle: { codePath: options.bundlePath },
    reuseV8Context: true,
    workflowThreadPoolSize: 1,
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
    shutdownGraceTime: GRACE_MS,
    shutdownForceTime: FORCE_MS,
    ...role,
    ...(options.deployment && { workerDeploymentOptions: versioned(options.deployment) }),
  });
}

/** Open dispatches move to the newest build: their changes are patched and their histories replayed before a release. */
function versioned({ name, buildId }: { name: string; buildId: string }) {
  return {
    useWorkerVersioning: true as const,
    version: { deploymentName: name, buildId },
    defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
  };
}
