/** Histories in the JSON that Temporal's tools write, read loosely: enough to look at events and what they carry. */

export interface PayloadJson {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface EventJson {
  readonly eventId: string;
  readonly eventType: string;
  readonly userMetadata?: { readonly summary?: PayloadJson; readonly details?: PayloadJson };
  /** Attributes of its type, under a key that ends in `EventAttributes`. */
  readonly [attributes: string]: unknown;
}

export interface HistoryJson {
  readonly events: readonly EventJson[];
}

/** The type without what all have in common, such as `TIMER_STARTED`. */
export function typeOf({ eventType }: EventJson): string {
  return eventType.replace(/^EVENT_TYPE_/, '');
}

export function eventsOfType(history: HistoryJson, type: string): readonly EventJson[] {
  return history.events.filter((event) => typeOf(event) === type);
}

/** What its type adds to an event. */
export function attributesOf(event: EventJson): Readonly<Record<string, unknown>> {
  const key = Object.keys(event).find((name) => name.endsWith('EventAttributes'));
  return (key === undefined ? {} : event[key]) as Readonly<Record<string, unknown>>;
}

/** The value in a payload, undefined where there is none. */
export function decoded(payload: PayloadJson | undefined): unknown {
  const text = Buffer.from(payload?.data ?? '', 'base64').toString();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/** The text of an event in the Web UI. */
export function summaryOf(event: EventJson): unknown {
  return decoded(event.userMetadata?.summary);
}

/** Without what names the machine or the folder that recorded it: the replay needs neither. */
export function scrubbed(history: HistoryJson): HistoryJson {
  return JSON.parse(JSON.stringify(history), (key, value: unknown) => {
    switch (key) {
      case 'identity':
        return 'recorder';
      case 'stackTrace':
        return '';
      case 'taskQueue':
        return isSticky(value) ? { ...value, name: 'sticky' } : value;
      default:
        return value;
    }
  }) as HistoryJson;
}

/** A worker's own queue, named after its process and machine. */
function isSticky(taskQueue: unknown): taskQueue is { readonly name: string } {
  return (taskQueue as { kind?: string } | undefined)?.kind === 'TASK_QUEUE_KIND_STICKY';
}

/** Every text of a value, and what those that are base64 say. */
export function spelledOut(value: unknown): string {
  return textsIn(value)
    .flatMap((text) => [text, Buffer.from(text, 'base64').toString()])
    .join('\n');
}

function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [String(value)];
  }
  return Object.entries(value).flatMap(([key, child]) => [key, ...textsIn(child)]);
}
