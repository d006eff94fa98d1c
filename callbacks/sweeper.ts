import { takeForgottenEndpoints } from '../store/endpoints';
import type { CallbackDeps } from './deps';

/** Endpoints woken per round. */
const ENDPOINTS_PER_ROUND = 100;

/** Wakes endpoints whose backlog nobody looks after: the process that was to post died, or a wake-up got lost. */
export async function wakeForgottenEndpoints(deps: CallbackDeps): Promise<void> {
  for (const endpoint of await takeForgottenEndpoints(deps.db, ENDPOINTS_PER_ROUND)) {
    await deps.wake(endpoint);
  }
}
