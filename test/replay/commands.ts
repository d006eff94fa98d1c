/** What a workflow commanded, as its history has it and as a replay gives it, in one form that can be compared. */
import {
  attributesOf,
  decoded,
  eventsOfType,
  summaryOf,
  typeOf,
  type HistoryJson,
} from './history-json';

/** One command; `what` says which. Times are milliseconds. */
export type Command = Readonly<Record<string, unknown>> & { readonly what: string };

/** Attributes of an event or of a command, read as tests read JSON. */
type Loose = ReturnType<typeof JSON.parse>;

/** The commands behind the events of a history, in order. */
export function recordedCommands(history: HistoryJson): readonly Command[] {
  const ids = idsOf(history);
  return history.events.flatMap((event) => {
    const command = RECORDED[typeOf(event)]?.(attributesOf(event), ids);
    return command === undefined ? [] : [withSummary(command, summaryOf(event))];
  });
}

/** Ids of activities by the events that scheduled them. */
type Ids = ReadonlyMap<string, unknown>;

function idsOf(history: HistoryJson): Ids {
  return new Map(
    eventsOfType(history, 'ACTIVITY_TASK_SCHEDULED').map((event) => [
      event.eventId,
      attributesOf(event)['activityId'],
    ]),
  );
}

const RECORDED: Readonly<Record<string, (attributes: Loose, ids: Ids) => Command>> = {
  ACTIVITY_TASK_SCHEDULED: (event) => ({
    what: 'activity',
    id: event.activityId,
    type: event.activityType.name,
    queue: event.taskQueue.name,
    input: event.input.payloads.map(decoded),
    scheduleToCloseMs: msOfText(event.scheduleToCloseTimeout),
    startToCloseMs: msOfText(event.startToCloseTimeout),
    heartbeatMs: msOfText(event.heartbeatTimeout),
    retryInitialMs: msOfText(event.retryPolicy.initialInterval),
    retryMaximumMs: msOfText(event.retryPolicy.maximumInterval),
    retryCoefficient: event.retryPolicy.backoffCoefficient,
    retryAttempts: event.retryPolicy.maximumAttempts ?? 0,
  }),
  ACTIVITY_TASK_CANCEL_REQUESTED: (event, ids) => ({
    what: 'cancel activity',
    id: ids.get(event.scheduledEventId),
  }),
  TIMER_STARTED: (event) => ({
    what: 'timer',
    id: event.timerId,
    ms: msOfText(event.startToFireTimeout),
  }),
  TIMER_CANCELED: (event) => ({ what: 'cancel timer', id: event.timerId }),
  // Its input is not recorded: `commands.test.ts` compares it with the story.
  MARKER_RECORDED: (event) => ({
    what: event.markerName,
    type: (decoded(event.details.data.payloads[0]) as Loose).activity_type,
  }),
  UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: (event) => ({
    what: 'search attributes',
    values: valuesOf(event.searchAttributes.indexedFields),
  }),
  WORKFLOW_EXECUTION_COMPLETED: (event) => ({
    what: 'complete',
    result: decoded(event.result?.payloads[0]),
  }),
  WORKFLOW_EXECUTION_FAILED: () => ({ what: 'fail' }),
  WORKFLOW_EXECUTION_CANCELED: () => ({ what: 'cancel' }),
  WORKFLOW_EXECUTION_CONTINUED_AS_NEW: () => ({ what: 'continue as new' }),
};

/** The commands that a replay gave, in order; `ownQueue` is the one its workflow was started on. */
export function givenCommands(given: readonly object[], ownQueue: string): readonly Command[] {
  return given.map((one) => {
    const { userMetadata, ...command } = one as Loose;
    const [[kind, attributes] = ['nothing', {}]] = Object.entries<Loose>(command);
    return withSummary(
      GIVEN[kind]?.(attributes, ownQueue) ?? { what: kind },
      decodedBytes(userMetadata?.summary),
    );
  });
}

const GIVEN: Readonly<Record<string, (attributes: Loose, ownQueue: string) => Command>> = {
  scheduleActivity: (command, ownQueue) => ({
    what: 'activity',
    id: command.activityId,
    type: command.activityType,
    // A replay worker has a queue of its own making.
    queue: command.taskQueue.startsWith('fake_replay_queue') ? ownQueue : command.taskQueue,
    input: command.arguments.map(decodedBytes),
    scheduleToCloseMs: msOfDuration(command.scheduleToCloseTimeout),
    startToCloseMs: msOfDuration(command.startToCloseTimeout),
    heartbeatMs: msOfDuration(command.heartbeatTimeout),
    retryInitialMs: msOfDuration(command.retryPolicy.initialInterval),
    retryMaximumMs: msOfDuration(command.retryPolicy.maximumInterval),
    retryCoefficient: command.retryPolicy.backoffCoefficient,
    retryAttempts: command.retryPolicy.maximumAttempts ?? 0,
  }),
  requestCancelActivity: ({ seq }) => ({ what: 'cancel activity', id: String(seq) }),
  startTimer: (command) => ({
    what: 'timer',
    id: String(command.seq),
    ms: msOfDuration(command.startToFireTimeout),
  }),
  cancelTimer: ({ seq }) => ({ what: 'cancel timer', id: String(seq) }),
  scheduleLocalActivity: ({ activityType }) => ({
    what: 'core_local_activity',
    type: activityType,
  }),
  upsertWorkflowSearchAttributes: ({ searchAttributes }) => ({
    what: 'search attributes',
    values: valuesOf(searchAttributes.indexedFields ?? searchAttributes, decodedBytes),
  }),
  completeWorkflowExecution: ({ result }) => ({ what: 'complete', result: decodedBytes(result) }),
  failWorkflowExecution: () => ({ what: 'fail' }),
  cancelWorkflowExecution: () => ({ what: 'cancel' }),
  continueAsNewWorkflowExecution: () => ({ what: 'continue as new' }),
};

/** The input of the local activities among the commands. */
export function localInputs(given: readonly object[]): readonly unknown[] {
  return given.flatMap((command) => {
    const local = (command as Loose).scheduleLocalActivity;
    return local === undefined ? [] : local.arguments.map(decodedBytes);
  });
}

/** The summaries that name a thing again when it is over are Temporal's own doing. */
function withSummary(command: Command, summary: unknown): Command {
  return command.what.startsWith('cancel ') ? command : { ...command, summary };
}

function valuesOf(
  fields: Readonly<Record<string, Loose>>,
  decode: (payload: Loose) => unknown = decoded,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, decode(value)]));
}

/** A payload with bytes; one for `undefined` has none. */
function decodedBytes(payload: { readonly data?: Uint8Array } | undefined | null): unknown {
  const data = Buffer.from(payload?.data ?? []).toString('base64');
  return decoded({ data });
}

/** `1.250s` */
function msOfText(text: string | undefined): number {
  return Math.round(Number((text ?? '0s').replace(/s$/, '')) * 1_000);
}

/** A protobuf duration; absent is the same as none. */
function msOfDuration(
  duration: { readonly seconds: { readonly low: number }; readonly nanos: number } | undefined,
): number {
  return duration === undefined
    ? 0
    : duration.seconds.low * 1_000 + Math.round(duration.nanos / 1_000_000);
}
