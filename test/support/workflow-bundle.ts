/** Bundles the workflows once per run; workers load the file as `workflowBundle: { codePath }`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { onTeardown } from './teardown-list';

const WORKFLOWS = resolve(__dirname, '../../workflows/index.ts');

/** Writes the bundle and names it in TEST_WORKFLOW_BUNDLE. */
export async function bundleWorkflowsOnce(): Promise<void> {
  if (process.env.TEST_WORKFLOW_BUNDLE || !existsSync(WORKFLOWS)) {
    return;
  }
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: quiet });
  const folder = await mkdtemp(join(tmpdir(), 'failover-dispatch-bundle-'));
  onTeardown(async () => {
    await rm(folder, { recursive: true, force: true });
    delete process.env.TEST_WORKFLOW_BUNDLE;
  });
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  process.env.TEST_WORKFLOW_BUNDLE = file;
}

/** The bundle's path, for `Worker.create` and `Worker.runReplayHistories`. */
export function workflowBundle(): { codePath: string } {
  const codePath = process.env.TEST_WORKFLOW_BUNDLE;
  if (!codePath) {
    throw new Error('there is no workflow bundle: run through jest without TEST_SERVERS=none');
  }
  return { codePath };
}

const silent = (): void => undefined;
const complain = (message: string): void => console.error(message);
const quiet = {
  log: silent,
  trace: silent,
  debug: silent,
  info: silent,
  warn: complain,
  error: complain,
};
