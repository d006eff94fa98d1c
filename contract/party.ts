import type { z } from 'zod';
import type { Party } from '../domain/message';
import type { Channel, VonageChannel } from '../domain/vocabulary';
import type { Faults } from './faults';
import { extraPartyId, isObject, partyId, phoneNumber, senderName } from './values';

/** Which of its keys a channel uses, and how the value must look. */
interface PartyRule {
  readonly key: 'number' | 'id';
  readonly schema: z.ZodType<string>;
}

const PHONE: PartyRule = { key: 'number', schema: phoneNumber };
const NAME: PartyRule = { key: 'number', schema: senderName };
const ID: PartyRule = { key: 'id', schema: partyId };

/** What `to` and `from` need on each channel of Vonage. The other key may be there and is not looked at. */
const RULES: Readonly<Record<VonageChannel, { readonly to: PartyRule; readonly from: PartyRule }>> =
  {
    sms: { to: PHONE, from: NAME },
    mms: { to: PHONE, from: PHONE },
    whatsapp: { to: PHONE, from: PHONE },
    viber_service_msg: { to: PHONE, from: ID },
    messenger: { to: ID, from: ID },
  };

/** On a channel that only a definition names, `number`, `id` or both will do. */
const EXTRA_ID: PartyRule = { key: 'id', schema: extraPartyId };
const EXTRA = { to: [PHONE, EXTRA_ID], from: [NAME, EXTRA_ID] } as const;

/** A step's `to` or `from` and where it stands in the request. */
export interface PartyPlace {
  readonly side: 'to' | 'from';
  readonly value: unknown;
  /** Path of the message it belongs to, such as `workflow[0]`. */
  readonly path: string;
}

/** Reads the number or id that the channel uses; the rest of `to` and `from` is dropped. */
export function readParty(faults: Faults, place: PartyPlace, channel: Channel): Party | undefined {
  const { value, side } = place;
  if (!isObject(value)) {
    return undefined;
  }
  const path = `${place.path}.${side}`;
  const rules = isVonage(channel) ? [RULES[channel][side]] : givenExtras(value, side);
  if (rules.length === 0) {
    faults.add(`${path}.number`, 'is required, unless id is given');
    return undefined;
  }
  const read = rules.map(
    ({ key, schema }) => [key, faults.read(schema, value[key], `${path}.${key}`)] as const,
  );
  return { type: channel, ...Object.fromEntries(read) };
}

function givenExtras(
  value: Readonly<Record<string, unknown>>,
  side: 'to' | 'from',
): readonly PartyRule[] {
  return EXTRA[side].filter(({ key }) => value[key] !== undefined && value[key] !== null);
}

function isVonage(channel: Channel): channel is VonageChannel {
  return Object.hasOwn(RULES, channel);
}
