/** What the tests of the project `replay` share: the workflow bundle. No server. */
import { bundleWorkflowsOnce } from './workflow-bundle';

export default async function setUp(): Promise<void> {
  await bundleWorkflowsOnce();
}
