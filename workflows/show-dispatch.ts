/** What an operator sees of a running dispatch in the Temporal Web UI. Nobody's number, no content. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { FailoverState, StepState } from '../domain/failover-state';
import { durationLabel } from '../domain/label';
import type { DispatchInput, DispatchResult } from './signals';

const DISPATCH_STATUS = { name: 'DispatchStatus', type: 'KEYWORD' } as const;
const DISPATCH_CHANNEL = { name: 'DispatchChannel', type: 'KEYWORD' } as const;
const DISPATCH_STEP = { name: 'DispatchStep', type: 'INT' } as const;

/** Renews the details and, when another step began, the search attributes. */
export function showState(input: DispatchInput, before: FailoverState, state: FailoverState): void {
  setCurrentDetails(details(input, state));
  const begun = before.position >= 0 && state.position > before.position;
  if (input.searchAttributes && begun && state.outcome === undefined) {
    upsertSearchAttributes([
      { key: DISPATCH_STEP, value: state.position },
      { key: DISPATCH_CHANNEL, value: input.steps[state.position]?.channel ?? '' },
    ]);
  }
}

/** Shows the stored end. */
export function showEnd(input: DispatchInput, state: FailoverState, end: DispatchResult): void {
  setCurrentDetails(`**${end.status}: ${words(end.cause)}**\n\n${stepList(input, state)}`);
  if (input.searchAttributes) {
    upsertSearchAttributes([{ key: DISPATCH_STATUS, value: end.status }]);
  }
}

function details(input: DispatchInput, state: FailoverState): string {
  return `**${headline(input, state)}**\n\n${stepList(input, state)}`;
}

function headline(input: DispatchInput, state: FailoverState): string {
  const step = state.steps[state.position];
  const plan = input.steps[state.position];
  if (state.outcome !== undefined) {
    return `${state.outcome.status}: ${words(state.outcome.cause)}`;
  }
  if (step === undefined || plan === undefined) {
    return 'not started';
  }
  const place = `step ${state.position + 1} of ${input.steps.length}, ${plan.channel}`;
  return step.phase === 'sending'
    ? `Sending ${place}`
    : `Waiting for ${plan.condition ?? 'a final status'}: ${place}`;
}

/** The Web UI's frame cuts its last line in half: give it one that is empty. */
const EMPTY_LAST_LINE = '\n\n\u00a0';

/** A list and no table: the Web UI draws tables without lines or gaps. */
function stepList(input: DispatchInput, state: FailoverState): string {
  const lines = input.steps
    .map((plan, position) => {
      const goal =
        plan.condition === undefined
          ? 'last step'
          : `${plan.condition} within ${durationLabel(plan.expiryMs ?? 0)}`;
      const step = state.steps[position];
      return `${position + 1}. ${plan.channel} to ${plan.recipientLabel} (${goal}): ${progress(step)}`;
    })
    .join('\n');
  return lines + EMPTY_LAST_LINE;
}

function progress(step: StepState | undefined): string {
  if (step === undefined || step.phase === 'planned') {
    return 'not started';
  }
  const status = step.status === 'planned' ? 'not accepted yet' : step.status;
  if (step.cause === undefined) {
    return `${status}, ${step.phase}`;
  }
  const cause = words(step.cause.kind);
  return step.outcome === 'met'
    ? `${status}, ${cause}`
    : `${status}, ${words(step.outcome ?? step.phase)} (${cause})`;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}
