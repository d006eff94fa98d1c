/** Build step: the workflow code as one file, loaded ready-made by every worker. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

async function main(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, '..', 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(join(__dirname, '..', 'workflow-bundle.js'), code);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
