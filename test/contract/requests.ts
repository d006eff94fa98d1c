/** Builders of request bodies, and how a parser's faults are read in tests. */
import { parseCreateDispatch, type CreateDispatchLimits } from '../../contract/create-dispatch';
import { DomainError } from '../../domain/errors';
import type { NewStep } from '../../domain/dispatch';

export type Json = Record<string, unknown>;

export const LIMITS: CreateDispatchLimits = { minExpirySeconds: 15, maxSteps: 25 };

const PHONE = '447700900000';
const OTHER_PHONE = '447700900001';

/** The `to` and `from` of each channel. */
const PARTIES: Record<string, { to: Json; from: Json }> = {
  sms: { to: { number: PHONE }, from: { number: OTHER_PHONE } },
  mms: { to: { number: PHONE }, from: { number: '12345' } },
  whatsapp: { to: { number: PHONE }, from: { number: OTHER_PHONE } },
  viber_service_msg: { to: { number: PHONE }, from: { id: '16273' } },
  messenger: { to: { id: '9900000000000001' }, from: { id: '107083064136738' } },
};

/** One element of `workflow`: valid for the channel, with `content` in it. */
export function aMessage(
  channel = 'sms',
  content: Json = { type: 'text', text: 'Hello' },
  more: { message?: Json; step?: Json } = {},
): Json {
  const parties = PARTIES[channel] ?? PARTIES['sms'];
  return {
    to: { type: channel, ...parties?.to },
    from: { type: channel, ...parties?.from },
    message: { content, ...more.message },
    ...more.step,
  };
}

export function aRequest(...workflow: unknown[]): Json {
  return { template: 'failover', workflow };
}

export function withFailover(message: Json, failover: Json = {}): Json {
  return {
    ...message,
    failover: { expiry_time: 600, condition_status: 'delivered', ...failover },
  };
}

/** A request of one message: what its only step became. */
export function stepOf(message: Json, limits = LIMITS): NewStep {
  const [step] = parseCreateDispatch(aRequest(message), limits).steps;
  if (step === undefined) {
    throw new Error('no step was read');
  }
  return step;
}

/** The faults of a body as `name: reason`; empty when it is accepted. */
export function faultsOf(body: unknown, limits = LIMITS): string[] {
  try {
    parseCreateDispatch(body, limits);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid_input') {
      throw error;
    }
    return (error.options.parameters ?? []).map(({ name, reason }) => `${name}: ${reason}`);
  }
}

/** The faults of a request of one message. */
export function messageFaults(message: unknown, limits = LIMITS): string[] {
  return faultsOf(aRequest(message), limits);
}
