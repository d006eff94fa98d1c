/** Small changes of a recorded history, each of which a replay must notice. */
import {
  attributesOf,
  decoded,
  eventsOfType,
  typeOf,
  type EventJson,
  type HistoryJson,
  type PayloadJson,
} from './history-json';

type Loose = ReturnType<typeof JSON.parse>;

export interface Mutation {
  readonly name: string;
  /** The histories it is meant for, where not every one that it can be applied to. */
  readonly only?: readonly string[];
  /** The changed history; undefined where there is nothing of the kind to change. */
  readonly apply: (history: HistoryJson) => HistoryJson | undefined;
}

/** Changes a copy of the first event of a type. */
function first(type: string, change: (attributes: Loose, event: Loose) => void): Mutation['apply'] {
  return (history) => {
    const copy = structuredClone(history);
    const [event] = eventsOfType(copy, type);
    if (event === undefined) {
      return undefined;
    }
    change(attributesOf(event), event);
    return copy;
  };
}

/** Changes the JSON in a payload. */
function rewrite(payload: PayloadJson, change: (value: Loose) => Loose): void {
  const data = Buffer.from(JSON.stringify(change(decoded(payload)))).toString('base64');
  Object.assign(payload, { data });
}

/** Exchanges the first two neighbours of these types. */
function exchange(one: string, other: string): Mutation['apply'] {
  return (history) => {
    const events = structuredClone(history.events);
    const at = events.findIndex(
      (event, index) => typeOf(event) === one && isOfType(events[index + 1], other),
    );
    const [a, b] = events.slice(at, at + 2);
    if (at === -1 || a === undefined || b === undefined) {
      return undefined;
    }
    const swapped = [
      { ...b, eventId: a.eventId },
      { ...a, eventId: b.eventId },
    ];
    return { events: [...events.slice(0, at), ...swapped, ...events.slice(at + 2)] };
  };
}

function isOfType(event: EventJson | undefined, type: string): boolean {
  return event !== undefined && typeOf(event) === type;
}

/** The workflow fails where it completed. */
function failInstead(history: HistoryJson): HistoryJson | undefined {
  const { workflowExecutionCompletedEventAttributes: completed, ...last } = history.events.at(
    -1,
  ) as Loose;
  const failed = {
    ...last,
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
    workflowExecutionFailedEventAttributes: {
      failure: { message: 'no', applicationFailureInfo: { type: 'No' } },
      workflowTaskCompletedEventId: completed?.workflowTaskCompletedEventId,
    },
  };
  return completed === undefined ? undefined : { events: [...history.events.slice(0, -1), failed] };
}

const ACTIVITY = 'ACTIVITY_TASK_SCHEDULED';
const LOCAL = 'MARKER_RECORDED';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'another activity',
    apply: first(ACTIVITY, (event) => (event.activityType.name = 'another')),
  },
  {
    name: 'another input of an activity',
    apply: first(ACTIVITY, (event) =>
      rewrite(event.input.payloads[0], (input) => ({ ...input, tenantId: 'another' })),
    ),
  },
  {
    name: 'another queue of an activity',
    apply: first(ACTIVITY, (event) => (event.taskQueue.name = 'another')),
  },
  {
    name: 'another start-to-close timeout',
    apply: first(ACTIVITY, (event) => (event.startToCloseTimeout = '1.001s')),
  },
  {
    name: 'another schedule-to-close timeout',
    apply: first(ACTIVITY, (event) => (event.scheduleToCloseTimeout = '999s')),
  },
  {
    name: 'another retry policy',
    apply: first(ACTIVITY, (event) => (event.retryPolicy.maximumInterval = '31s')),
  },
  {
    name: 'another summary of an activity',
    apply: first(ACTIVITY, (_, event) => rewrite(event.userMetadata.summary, () => 'another')),
  },
  {
    name: 'another duration of a timer',
    apply: first('TIMER_STARTED', (event) => (event.startToFireTimeout = '0.123s')),
  },
  {
    name: 'another summary of a timer',
    apply: first('TIMER_STARTED', (_, event) =>
      rewrite(event.userMetadata.summary, () => 'another'),
    ),
  },
  {
    name: 'another search attribute',
    apply: first('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', ({ searchAttributes: { indexedFields } }) =>
      rewrite(Object.values<PayloadJson>(indexedFields)[0] ?? {}, () => 'another'),
    ),
  },
  {
    name: 'another local activity',
    apply: first(LOCAL, (event) =>
      rewrite(event.details.data.payloads[0], (data) => ({ ...data, activity_type: 'another' })),
    ),
  },
  {
    name: 'another stored end',
    apply: first(LOCAL, (event) =>
      rewrite(event.details.result.payloads[0], (end) => ({ ...end, cause: 'another' })),
    ),
  },
  {
    name: 'another result',
    apply: first('WORKFLOW_EXECUTION_COMPLETED', (event) =>
      rewrite(event.result.payloads[0], (result) => ({ ...result, status: 'another' })),
    ),
  },
  { name: 'a failure in place of the result', apply: failInstead },
  {
    name: 'the activity before the search attributes',
    apply: exchange('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', ACTIVITY),
  },
  {
    name: 'the end before the search attributes',
    apply: exchange('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'),
  },
  {
    name: 'another expiry in the input',
    apply: first('WORKFLOW_EXECUTION_STARTED', (event) =>
      rewrite(event.input.payloads[0], ({ steps, ...input }) => ({
        ...input,
        lastStepRetryMs: input.lastStepRetryMs + 1_000,
        ...(steps && { steps: steps.map(withMoreTime) }),
      })),
    ),
  },
  {
    name: 'a refusal in place of an acceptance',
    only: ['met-at-once', 'expired-then-met', 'rejected', 'late-success', 'five-steps', 'canceled'],
    apply: first('ACTIVITY_TASK_COMPLETED', (event) =>
      rewrite(event.result.payloads[0], () => ({ kind: 'failed', cause: 'send_refused' })),
    ),
  },
  {
    name: 'an acceptance in place of something else',
    only: ['refused-send', 'no-account', 'unknown-fail-over'],
    apply: first('ACTIVITY_TASK_COMPLETED', (event) =>
      rewrite(event.result.payloads[0], () => ({
        kind: 'accepted',
        acceptedMsAgo: 0,
        status: 'submitted',
      })),
    ),
  },
  {
    name: 'another status in a signal',
    only: ['met-at-once', 'expired-then-met', 'late-success-stops', 'second-account'],
    apply: first('WORKFLOW_EXECUTION_SIGNALED', (event) =>
      rewrite(event.input.payloads[0], (signal) => ({ ...signal, status: 'undeliverable' })),
    ),
  },
  {
    name: 'another time until the next post',
    only: ['callbacks-down-then-up'],
    apply: first('ACTIVITY_TASK_COMPLETED', (event) =>
      rewrite(event.result.payloads[0], ({ nextInMs }) => ({ nextInMs: nextInMs + 1 })),
    ),
  },
];

function withMoreTime({ expiryMs, ...step }: Loose): Loose {
  return { ...step, ...(expiryMs !== undefined && { expiryMs: expiryMs + 1_000 }) };
}
