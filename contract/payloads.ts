import { z } from 'zod';
import type { Channel } from '../domain/vocabulary';
import {
  CONTENT_RULES,
  CONTENT_TYPES,
  EXTRA_CONTENT_RULES,
  type ContentRules,
  type ContentType,
  type MediaType,
} from './content-rules';
import { characters } from './values';

/** Longest media URL and longest caption, in characters. */
const URL_MAX = 2_000;
const CAPTION_MAX = 3_000;
/** Most parameters of a template: far more than any platform takes, and still quick to check. */
const PARAMETERS_MAX = 1_000;

/** How the payload of each content type must look on one channel. */
export type Payloads = Readonly<Record<ContentType, z.ZodType<unknown>>>;

const PARAMETER_REASON = 'must be a string, or an object with a string in "default"';

/** Both published forms, `"1234"` and `{ "default": "1234" }`, become the second one. */
const templateParameter = z.preprocess(
  (value) => (typeof value === 'string' ? { default: value } : value),
  z.looseObject({ default: z.string() }, { error: PARAMETER_REASON }),
);

const template = z.looseObject({
  name: z.string().refine((name) => name.trim() !== '', 'must not be empty'),
  parameters: z
    .array(z.unknown())
    .refine(({ length }) => length <= PARAMETERS_MAX, `must hold at most ${PARAMETERS_MAX} values`)
    .pipe(z.array(templateParameter))
    .nullish(),
});

/** Passed to the provider as it is. */
const custom = z.record(z.string(), z.unknown());

const PAYLOADS = new Map<string, Payloads>(
  Object.entries(CONTENT_RULES).map(([channel, rules]) => [channel, payloadsOf(rules)]),
);
const EXTRA_PAYLOADS = payloadsOf(EXTRA_CONTENT_RULES);

/** Schemas of a channel's payloads; without a known channel, those under the limits of all channels. */
export function payloadsFor(channel: Channel | undefined): Payloads {
  return PAYLOADS.get(channel ?? '') ?? EXTRA_PAYLOADS;
}

/** Content types a channel takes; every type where the channel is not Vonage's. */
export function contentTypesFor(channel: Channel | undefined): readonly ContentType[] {
  const rules: Readonly<Record<string, ContentRules>> = CONTENT_RULES;
  return channel !== undefined && Object.hasOwn(rules, channel)
    ? (rules[channel]?.types ?? CONTENT_TYPES)
    : CONTENT_TYPES;
}

function payloadsOf(rules: ContentRules): Payloads {
  return {
    text: characters(1, rules.textMax),
    image: media(rules, 'image'),
    audio: media(rules, 'audio'),
    video: media(rules, 'video'),
    file: media(rules, 'file'),
    template,
    custom,
  };
}

function media(rules: ContentRules, type: MediaType): z.ZodType<unknown> {
  const url = mediaUrl(rules.extensions[type]);
  return rules.captions.includes(type)
    ? z.looseObject({ url, caption: characters(1, CAPTION_MAX).nullish() })
    : z.looseObject({ url });
}

function mediaUrl(extensions: readonly string[] | undefined): z.ZodType<string> {
  return characters(1, URL_MAX).superRefine((text, context) => {
    const fault = text === '' ? undefined : urlFault(text, extensions);
    if (fault !== undefined) {
      context.addIssue({ code: 'custom', message: fault });
    }
  });
}

function urlFault(text: string, extensions: readonly string[] | undefined): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return 'must be a complete http or https URL';
  }
  const extension = extensionOf(url.pathname);
  if (extensions === undefined || extension === undefined || extensions.includes(extension)) {
    return undefined;
  }
  return `must end in ${extensions.map((known) => `.${known}`).join(', ')}, or in no extension`;
}

/** The extension of a path's last part, lower case; undefined when it has none. */
function extensionOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase();
}
