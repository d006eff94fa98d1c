import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { nextAction, reduce } from '../domain/failover';
import { beginFailover, type FailoverEvent, type FailoverState } from '../domain/failover-state';
import { FINISH_LOCALLY, FINISH_SURELY, sendOptions } from './activity-options';
import { eventFromFailure, eventFromResult, finishInput, sendInput } from './dispatch-messages';
import { showEnd, showState } from './show-dispatch';
import {
  GET_DISPATCH_QUERY,
  MESSAGE_STATUS_SIGNAL,
  type DispatchInput,
  type DispatchResult,
  type GetDispatchAnswer,
  type MessageStatusSignal,
} from './signals';

const messageStatus = defineSignal<[MessageStatusSignal]>(MESSAGE_STATUS_SIGNAL);
const getDispatch = defineQuery<GetDispatchAnswer>(GET_DISPATCH_QUERY);
const { sendMessage } = proxyActivities<Activities>({ startToCloseTimeout: '1m' });
const local = proxyLocalActivities<Activities>(FINISH_LOCALLY);
const sure = proxyActivities<Activities>(FINISH_SURELY);

/** A dispatch under way: what was asked, and the decision's state so far. */
interface Run {
  readonly input: DispatchInput;
  state: FailoverState;
}

/** One dispatch, from its first send to its final report. */
export async function dispatch(input: DispatchInput): Promise<DispatchResult> {
  const { steps, lastStepLimitMs, stopOnLateSuccess } = input;
  const run: Run = { input, state: beginFailover({ steps, lastStepLimitMs, stopOnLateSuccess }) };
  listen(run);
  try {
    await failOverUntilDecided(run);
  } catch (error) {
    if (!isCancellation(error)) {
      throw error;
    }
    apply(run, { kind: 'canceled', at: Date.now() });
  }
  return CancellationScope.nonCancellable(() => finish(run));
}

/** Handlers only fold news into the state; the main line acts. */
function listen(run: Run): void {
  const { steps } = run.input;
  setHandler(
    messageStatus,
    ({ messageId, status }) => {
      const position = steps.findIndex((step) => step.messageId === messageId);
      apply(run, { kind: 'status', position, status, at: Date.now() });
    },
    { description: 'A receipt that may change what happens next.' },
  );
  setHandler(getDispatch, () => run.state, { description: 'The state as the decision sees it.' });
}

async function failOverUntilDecided(run: Run): Promise<void> {
  apply(run, { kind: 'started', at: Date.now() });
  for (;;) {
    const action = nextAction(run.state);
    switch (action.kind) {
      case 'send':
        await send(run, action.position);
        break;
      case 'wait':
        await waitForNews(run, action.position, action.until);
        break;
      case 'finish':
        return;
    }
  }
}

/** Hands a step's message over. A receipt that decides the dispatch meanwhile ends the wait for the answer. */
async function send(run: Run, position: number): Promise<void> {
  const options = sendOptions(run.input, position);
  const handOver = sendMessage
    .executeWithOptions(options, [sendInput(run.input, run.state, position)])
    .then(
      (result) => apply(run, eventFromResult(result, position, Date.now())),
      (failure: unknown) => {
        if (isCancellation(failure)) {
          throw failure;
        }
        apply(run, eventFromFailure(failure, position, Date.now()));
      },
    );
  await Promise.race([handOver, condition(() => run.state.outcome !== undefined)]);
}

/** Waits until something was decided, or the deadline has come. What counts then is the state, not who woke us. */
async function waitForNews(run: Run, position: number, until: number): Promise<void> {
  const leftMs = until - Date.now();
  if (leftMs > 0) {
    const decided = (): boolean =>
      run.state.position !== position || run.state.outcome !== undefined;
    await condition(decided, leftMs, { summary: waitSummary(run.input, position) });
  }
  apply(run, { kind: 'time_passed', at: Date.now() });
}

function waitSummary(input: DispatchInput, position: number): string {
  const step = input.steps[position];
  const goal = step?.condition ?? 'a final status';
  return `step ${position + 1}: ${step?.channel ?? ''} until ${goal}`;
}

function apply(run: Run, event: FailoverEvent): void {
  const before = run.state;
  run.state = reduce(before, event);
  showState(run.input, before, run.state);
}

/** Writes the end. What is stored wins: a run that comes second adopts what the first one wrote. */
async function finish(run: Run): Promise<DispatchResult> {
  const input = finishInput(run.input, run.state);
  const stored = await local.finishDispatch(input).catch(() => sure.finishDispatch(input));
  showEnd(run.input, run.state, stored);
  return stored;
}
