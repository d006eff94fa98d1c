import type { Content } from '../domain/message';
import type { Channel } from '../domain/vocabulary';
import { channelOptions, OPTION_NAMES } from './channel-options';
import { CONTENT_TYPES, type ContentType } from './content-rules';
import { pathOf, type Faults } from './faults';
import { contentTypesFor, payloadsFor } from './payloads';
import { isObject, storageFaults } from './values';

/** A step's `message` and where it stands in the request. */
export interface MessagePlace {
  readonly value: unknown;
  /** Its own path, such as `workflow[0].message`. */
  readonly path: string;
}

/**
 * Reads `message.content` with the channel options beside it. The payload that `type` names is checked by the channel's
 * rules; other payloads and unknown keys may be there and are kept as they came. Without a known channel only the
 * limits of all channels are checked.
 */
export function readContent(
  faults: Faults,
  place: MessagePlace,
  channel: Channel | undefined,
): Content | undefined {
  const message = readObject(faults, place.value, place.path);
  if (message === undefined) {
    return undefined;
  }
  const path = `${place.path}.content`;
  const content = readObject(faults, message['content'], path);
  if (content === undefined) {
    return undefined;
  }
  const type = readType(faults, { value: content['type'], path: `${path}.type` }, channel);
  const payload = type && faults.read(payloadsFor(channel)[type], content[type], `${path}.${type}`);
  noteStorageFaults(faults, content, path);
  const options = readOptions(faults, { value: message, path: place.path }, { channel, type });
  return type && { ...content, ...options, type, [type]: payload };
}

/** Notes a fault unless `value` is an object. */
export function readObject(
  faults: Faults,
  value: unknown,
  path: string,
): Readonly<Record<string, unknown>> | undefined {
  if (isObject(value)) {
    return value;
  }
  faults.add(path, value === undefined || value === null ? 'is required' : 'must be an object');
  return undefined;
}

function readType(
  faults: Faults,
  place: { readonly value: unknown; readonly path: string },
  channel: Channel | undefined,
): ContentType | undefined {
  const known = contentTypesFor(channel);
  const type = CONTENT_TYPES.find((candidate) => candidate === place.value);
  if (type !== undefined && known.includes(type)) {
    return type;
  }
  const on = known === CONTENT_TYPES || channel === undefined ? '' : ` on ${channel}`;
  const missing = place.value === undefined || place.value === null;
  faults.add(place.path, missing ? 'is required' : `must be one of ${known.join(', ')}${on}`);
  return undefined;
}

/** Options that are objects, under their names. Those of other channels than the step's own are not checked. */
function readOptions(
  faults: Faults,
  place: { readonly value: Readonly<Record<string, unknown>>; readonly path: string },
  step: { readonly channel: Channel | undefined; readonly type: ContentType | undefined },
): Readonly<Record<string, unknown>> {
  const own = channelOptions(place.value, step.channel, step.type);
  if (own !== undefined) {
    faults.read(own.schema, own.value, `${place.path}.${own.name}`);
  }
  const options: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const given = place.value[name];
    if (isObject(given)) {
      noteStorageFaults(faults, given, `${place.path}.${name}`);
      options[name] = given;
    }
  }
  return options;
}

function noteStorageFaults(faults: Faults, value: object, path: string): void {
  for (const { segments, reason } of storageFaults(value)) {
    faults.add(pathOf(path, segments), reason);
  }
}
