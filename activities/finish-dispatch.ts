import { log } from '@temporalio/activity';
import { finishDispatch, type DispatchEnd, type StoredEnd } from '../store/finish';
import type { ActivityDeps } from './deps';

export type FinishDispatchInput = DispatchEnd;
export type FinishDispatchResult = StoredEnd;

/** Writes the outcome and the final report, hands the report to the poster without waiting, answers the stored end. */
export function createFinishDispatch(deps: ActivityDeps) {
  return async function finish(input: FinishDispatchInput): Promise<FinishDispatchResult> {
    await deps.at('finish.begun');
    const { end, posts } = await finishDispatch(deps.db, input, deps.compose);
    await deps.at('finish.committed');
    deps.poster.offer(posts);
    log.info('dispatch ended', { dispatchId: input.dispatchId, ...end });
    return end;
  };
}
