import { z } from 'zod';
import { EXPIRY_SECONDS, type Channel } from '../domain/vocabulary';
import type { ContentType } from './content-rules';
import { isObject } from './values';

/** Objects beside `message.content`, each for the channel of its name. */
export const OPTION_NAMES = ['viber_service_msg', 'messenger', 'whatsapp'] as const;

/** Seconds after which Viber gives a message up. */
const VIBER_TTL = { min: 30, max: EXPIRY_SECONDS.max } as const;
const LOCALE_REASON = 'must be a BCP 47 language tag such as en-GB';

const viber = z.looseObject({
  category: z.enum(['transaction', 'promotion']).nullish(),
  ttl: z.int().min(VIBER_TTL.min).max(VIBER_TTL.max).nullish(),
  type: z.string().nullish(),
});

const messengerCategory = z.enum(['response', 'update', 'message_tag']).nullish();
const messenger = z.looseObject({ category: messengerCategory, tag: z.string().nullish() });
const taggedMessenger = z.looseObject({
  category: messengerCategory,
  tag: z
    .string({ error: requiredWith('category is message_tag') })
    .refine((tag) => tag.trim() !== '', 'must not be empty'),
});

const locale = z
  .string({ error: requiredWith('a template is sent') })
  .refine(isLocale, LOCALE_REASON);
/** `fallback` is gone since 2020: the platform answers 400 to it. */
const policy = z
  .literal('deterministic', {
    error: ({ input }) =>
      input === 'fallback'
        ? 'must be deterministic: WhatsApp has withdrawn fallback'
        : 'must be deterministic',
  })
  .nullish();
const whatsapp = z.looseObject({ policy, locale: locale.nullish() });
const whatsappTemplate = z.looseObject({ policy, locale });

/** A channel's own options and the schema they must fit. */
export interface ChannelOptions {
  readonly name: (typeof OPTION_NAMES)[number];
  readonly value: unknown;
  readonly schema: z.ZodType<unknown>;
}

/**
 * The options that count for a message: those of its own channel, with what its content makes mandatory. Undefined when
 * there is nothing to check.
 */
export function channelOptions(
  message: Readonly<Record<string, unknown>>,
  channel: Channel | undefined,
  type: ContentType | undefined,
): ChannelOptions | undefined {
  const name = OPTION_NAMES.find((option) => option === channel);
  if (name === undefined) {
    return undefined;
  }
  const given = message[name] ?? undefined;
  const needed = name === 'whatsapp' && type === 'template';
  if (given === undefined && !needed) {
    return undefined;
  }
  return { name, value: given ?? {}, schema: schemaOf(name, given, needed) };
}

function schemaOf(
  name: (typeof OPTION_NAMES)[number],
  given: unknown,
  template: boolean,
): z.ZodType<unknown> {
  switch (name) {
    case 'viber_service_msg':
      return viber;
    case 'messenger':
      return isObject(given) && given['category'] === 'message_tag' ? taggedMessenger : messenger;
    case 'whatsapp':
      return template ? whatsappTemplate : whatsapp;
  }
}

function requiredWith(circumstance: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) =>
    input === undefined || input === null ? `is required when ${circumstance}` : 'must be a string';
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
