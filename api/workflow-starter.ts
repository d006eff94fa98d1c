import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { durationLabel, maskedLabel } from '../domain/label';
import type { Party } from '../domain/message';
import { CALL_TIMEOUT_MS } from '../domain/send-limits';
import type { Channel, Condition } from '../domain/vocabulary';
import { DISPATCH_TASK_QUEUE, DISPATCH_WORKFLOW, dispatchWorkflowId } from '../workflows/ids';
import type { DispatchInput, DispatchStepInput } from '../workflows/signals';

/** A stored dispatch as its workflow must know it. */
export interface StartableDispatch {
  readonly tenantId: string;
  readonly dispatchId: string;
  readonly stopOnLateSuccess: boolean;
  readonly steps: readonly StartableStep[];
}

export interface StartableStep {
  readonly messageId: string;
  readonly channel: Channel;
  readonly recipient: Party | null;
  readonly condition?: Condition | undefined;
  readonly expirySeconds?: number | undefined;
  readonly callTimeoutMs?: number | undefined;
}

/** Starts a dispatch's workflow; resolves when Temporal has acknowledged it, now or before. */
export type StartDispatch = (dispatch: StartableDispatch) => Promise<void>;

export interface StarterOptions {
  readonly lastStepLimitMs: number;
  readonly lastStepRetryMs: number;
  /** Whether the server knows our search attributes; asked at each start, because it may learn them later. */
  readonly searchAttributes: () => boolean;
}

/** How long Temporal may take to acknowledge, in milliseconds. */
const DEADLINE_MS = 5_000;

const DISPATCH_TENANT = defineSearchAttributeKey('DispatchTenant', 'KEYWORD');
const DISPATCH_STATUS = defineSearchAttributeKey('DispatchStatus', 'KEYWORD');
const DISPATCH_CHANNEL = defineSearchAttributeKey('DispatchChannel', 'KEYWORD');
const DISPATCH_STEP = defineSearchAttributeKey('DispatchStep', 'INT');
const DISPATCH_CHANNELS = defineSearchAttributeKey('DispatchChannels', 'KEYWORD_LIST');

export function createStartDispatch(client: Client, options: StarterOptions): StartDispatch {
  return async (dispatch) => {
    const input = inputOf(dispatch, options);
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start(DISPATCH_WORKFLOW, {
          workflowId: dispatchWorkflowId(dispatch.dispatchId),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          taskQueue: DISPATCH_TASK_QUEUE,
          args: [input],
          staticSummary: summary(input.steps),
          staticDetails: details(input.steps),
          priority: { fairnessKey: dispatch.tenantId },
          ...(input.searchAttributes && { typedSearchAttributes: searchAttributes(input) }),
        }),
      );
    } catch (error) {
      // Already started: an earlier try was acknowledged after all.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
        throw error;
      }
    }
  };
}

function inputOf(dispatch: StartableDispatch, options: StarterOptions): DispatchInput {
  return {
    tenantId: dispatch.tenantId,
    dispatchId: dispatch.dispatchId,
    stopOnLateSuccess: dispatch.stopOnLateSuccess,
    lastStepLimitMs: options.lastStepLimitMs,
    lastStepRetryMs: options.lastStepRetryMs,
    searchAttributes: options.searchAttributes(),
    steps: dispatch.steps.map((step) => ({
      messageId: step.messageId,
      channel: step.channel,
      recipientLabel: step.recipient === null ? '' : maskedLabel(step.recipient),
      callTimeoutMs: step.callTimeoutMs ?? CALL_TIMEOUT_MS.default,
      ...(step.condition && { condition: step.condition }),
      ...(step.expirySeconds && { expiryMs: step.expirySeconds * 1_000 }),
    })),
  };
}

function searchAttributes({ tenantId, steps }: DispatchInput): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: DISPATCH_TENANT, value: tenantId },
    { key: DISPATCH_STATUS, value: 'running' },
    { key: DISPATCH_CHANNEL, value: steps[0]?.channel ?? '' },
    { key: DISPATCH_STEP, value: 0 },
    { key: DISPATCH_CHANNELS, value: [...new Set(steps.map(({ channel }) => channel))] },
  ]);
}

/** At most 200 bytes, as the server wants it. */
function summary(steps: readonly DispatchStepInput[]): string {
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  const path = steps.map(({ channel }) => channel).join(' → ');
  return Buffer.byteLength(path) > 180 ? count : `${path}, ${count}`;
}

/** A list and no table: the Web UI draws tables without lines or gaps. */
function details(steps: readonly DispatchStepInput[]): string {
  return steps
    .map(({ channel, recipientLabel, condition, expiryMs = 0 }, index) => {
      const goal = condition ? `${condition} within ${durationLabel(expiryMs)}` : 'last step';
      return `${index + 1}. ${channel} to ${recipientLabel} (${goal})`;
    })
    .join('\n');
}
