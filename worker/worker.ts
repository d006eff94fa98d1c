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
/**
 * Workflows kept in memory, explicit because the library's default fills the heap. Each takes about 170 KiB (measured), so
 * this is 50 MiB; one that fell out is replayed from its history, a dozen events, at its next news.
 */
const CACHED_WORKFLOWS = 300;

/**
 * The two workers of a process: workflows with the sends of dispatches, and posts of callbacks. The second has no workflow
 * code: a thread with its own copy of it costs 50 MB.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, bundlePath, deployment } = options;
  const { sendMessage, finishDispatch, drainCallbacks } = options.activities;
  const both = {
    connection,
    namespace,
    activityTaskPollerBehavior: { type: 'autoscaling' as const },
    shutdownGraceTime: GRACE_MS,
    shutdownForceTime: FORCE_MS,
    ...(deployment && { workerDeploymentOptions: versioned(deployment) }),
  };
  return Promise.all([
    Worker.create({
      ...both,
      taskQueue: DISPATCH_TASK_QUEUE,
      workflowBundle: { codePath: bundlePath },
      activities: { sendMessage, finishDispatch },
      maxCachedWorkflows: CACHED_WORKFLOWS,
      reuseV8Context: true,
      workflowThreadPoolSize: 1,
      workflowTaskPollerBehavior: { type: 'autoscaling' },
    }),
    Worker.create({ ...both, taskQueue: CALLBACKS_TASK_QUEUE, activities: { drainCallbacks } }),
  ]);
}

/** Open dispatches move to the newest build: their changes are patched and their histories replayed before a release. */
function versioned({ name, buildId }: { name: string; buildId: string }) {
  return {
    useWorkerVersioning: true as const,
    version: { deploymentName: name, buildId },
    defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
  };
}
