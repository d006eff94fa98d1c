import type { NewDispatch, NewStep } from '../domain/dispatch';
import { CLIENT_REF_MAX, VONAGE_CHANNELS, type Channel } from '../domain/vocabulary';
import { readContent, readObject } from './content';
import { readFailover } from './failover';
import { Faults } from './faults';
import { readParty } from './party';
import { isObject, storableText } from './values';

/** What configuration and the tenant add to the rules. */
export interface CreateDispatchLimits {
  /** Shortest `expiry_time` in seconds, default 15; lowered only by tests and benchmarks. */
  readonly minExpirySeconds: number;
  /** Most messages of one dispatch, default 25. */
  readonly maxSteps: number;
  /** Channels beyond Vonage's five that a definition offers to this tenant. */
  readonly extraChannels?: readonly Channel[];
}

/** One element of `workflow`, where it stands, and what it is read with. */
interface StepPlace {
  readonly value: unknown;
  readonly position: number;
  readonly path: string;
  readonly isLast: boolean;
  readonly limits: CreateDispatchLimits;
}

type Body = Readonly<Record<string, unknown>>;
type Parties = Pick<NewStep, 'channel' | 'recipient' | 'sender'>;

const clientRef = storableText(1, CLIENT_REF_MAX);

/**
 * Reads the body of a request for a dispatch. Throws `invalid_input` that lists every fault by its full path. Unknown
 * keys are ignored at every depth.
 */
export function parseCreateDispatch(body: unknown, limits: CreateDispatchLimits): NewDispatch {
  const faults = new Faults();
  const steps = readRoot(faults, body, limits);
  faults.throwIfAny();
  return { template: 'failover', steps };
}

function readRoot(faults: Faults, root: unknown, limits: CreateDispatchLimits): NewStep[] {
  if (!isObject(root)) {
    faults.add('body', 'must be a JSON object');
    return [];
  }
  if (root['template'] !== 'failover') {
    faults.add('template', isAbsent(root['template']) ? 'is required' : 'must be failover');
  }
  const workflow = root['workflow'];
  if (!Array.isArray(workflow)) {
    faults.add('workflow', isAbsent(workflow) ? 'is required' : 'must be an array of messages');
    return [];
  }
  return readSteps(faults, workflow, limits);
}

function readSteps(
  faults: Faults,
  workflow: readonly unknown[],
  limits: CreateDispatchLimits,
): NewStep[] {
  if (workflow.length === 0) {
    faults.add('workflow', 'must hold at least one message');
  }
  if (workflow.length > limits.maxSteps) {
    faults.add('workflow', `must hold at most ${limits.maxSteps} messages`);
    return [];
  }
  return workflow.flatMap((value, position) => {
    const isLast = position === workflow.length - 1;
    const step = readStep(faults, {
      value,
      position,
      path: `workflow[${position}]`,
      isLast,
      limits,
    });
    return step === undefined ? [] : [step];
  });
}

/** Reads one message; undefined once anything in it was at fault. */
function readStep(faults: Faults, place: StepPlace): NewStep | undefined {
  const { path, position, limits } = place;
  const step = readObject(faults, place.value, path);
  if (step === undefined) {
    return undefined;
  }
  const parties = readParties(faults, step, place);
  const content = readContent(
    faults,
    { value: step['message'], path: `${path}.message` },
    parties.channel,
  );
  const failover = readFailover(
    faults,
    { value: step['failover'], path: `${path}.failover`, isLast: place.isLast },
    limits.minExpirySeconds,
  );
  const reference = readClientRef(faults, step['client_ref'], path);
  if (!isComplete(parties) || content === undefined) {
    return undefined;
  }
  return { position, ...parties, content, ...reference, ...(failover && { failover }) };
}

/** Reads the channel of a step, whom it goes to and from whom. */
function readParties(faults: Faults, step: Body, place: StepPlace): Partial<Parties> {
  const { path } = place;
  const channel = readChannel(faults, step, place);
  if (channel === undefined) {
    return {};
  }
  return {
    channel,
    recipient: readParty(faults, { side: 'to', value: step['to'], path }, channel),
    sender: readParty(faults, { side: 'from', value: step['from'], path }, channel),
  };
}

function isComplete(parties: Partial<Parties>): parties is Parties {
  return (
    parties.channel !== undefined && parties.recipient !== undefined && parties.sender !== undefined
  );
}

/** The channel of a step: `to.type`, which `from.type` must repeat. */
function readChannel(faults: Faults, step: Body, place: StepPlace): Channel | undefined {
  const known = [...VONAGE_CHANNELS, ...(place.limits.extraChannels ?? [])];
  const to = readType(faults, { value: step['to'], path: `${place.path}.to` }, known);
  const from = readType(faults, { value: step['from'], path: `${place.path}.from` }, known);
  if (to !== undefined && from !== undefined && from !== to) {
    faults.add(`${place.path}.from.type`, `must be the same as to.type, ${to}`);
  }
  return to;
}

function readType(
  faults: Faults,
  party: { readonly value: unknown; readonly path: string },
  known: readonly Channel[],
): Channel | undefined {
  const given = readObject(faults, party.value, party.path);
  const type = given?.['type'];
  const channel = known.find((name) => name === type);
  if (given !== undefined && channel === undefined) {
    const reason = isAbsent(type) ? 'is required' : `must be one of ${known.join(', ')}`;
    faults.add(`${party.path}.type`, reason);
  }
  return channel;
}

function readClientRef(faults: Faults, value: unknown, path: string): { clientRef?: string } {
  if (isAbsent(value)) {
    return {};
  }
  const reference = faults.read(clientRef, value, `${path}.client_ref`);
  return reference === undefined ? {} : { clientRef: reference };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
