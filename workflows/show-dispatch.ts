/** What an operator sees of a running dispatch in the Temporal Web UI. Nobody's number, no content. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { FailoverState, StepState } from '../domain/failover-state';
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
  setCurrentDetails(`**${end.status}** (${words(end.cause)})\n\n${table(input, state)}`);
  if (input.searchAttributes) {
    upsertSearchAttributes([{ key: DISPATCH_STATUS, value: end.status }]);
  }
}

function details(input: DispatchInput, state: FailoverState): string {
  return `**${headline(input, state)}**\n\n${table(input, state)}`;
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

function table(input: DispatchInput, state: FailoverState): string {
  const rows = input.steps.map((plan, position) => {
    const step = state.steps[position] ?? { phase: 'planned', status: 'planned' };
    const goal =
      plan.condition === undefined
        ? 'last'
        : `${plan.condition} in ${(plan.expiryMs ?? 0) / 1_000} s`;
    const cells = [position + 1, plan.channel, plan.recipientLabel, goal, step.status, end(step)];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| # | channel | to | condition | status | outcome |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function end(step: StepState): string {
  return step.cause === undefined
    ? step.phase
    : `${words(step.outcome ?? step.phase)}: ${words(step.cause.kind)}`;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}
