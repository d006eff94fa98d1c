import type { VonageChannel } from '../domain/vocabulary';

/** What a message may hold. The payload has the same name: `type: image` needs `image`. */
export const CONTENT_TYPES = [
  'text',
  'image',
  'audio',
  'video',
  'file',
  'template',
  'custom',
] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];
export type MediaType = Extract<ContentType, 'image' | 'audio' | 'video' | 'file'>;

/** What one channel takes. */
export interface ContentRules {
  readonly types: readonly ContentType[];
  /** Longest text, in code points. */
  readonly textMax: number;
  /** Extensions a media URL may have, lower case; absent: any. */
  readonly extensions: Partial<Record<MediaType, readonly string[]>>;
  /** Media whose caption is sent, and therefore checked. Elsewhere a caption is ignored. */
  readonly captions: readonly MediaType[];
}

/** Longest text of any channel, in code points. */
const TEXT_MAX = 4_096;
const IMAGES = ['jpg', 'jpeg', 'png'];
const IMAGES_AND_GIF = [...IMAGES, 'gif'];

export const CONTENT_RULES: Readonly<Record<VonageChannel, ContentRules>> = {
  sms: { types: ['text'], textMax: 1_000, extensions: {}, captions: [] },
  mms: {
    types: ['image'],
    textMax: TEXT_MAX,
    extensions: { image: IMAGES_AND_GIF },
    captions: ['image'],
  },
  viber_service_msg: {
    types: ['text', 'image', 'template', 'custom'],
    textMax: 1_000,
    extensions: { image: IMAGES },
    captions: [],
  },
  messenger: {
    types: ['text', 'image', 'audio', 'video', 'file', 'custom'],
    textMax: 640,
    extensions: { image: IMAGES_AND_GIF, audio: ['mp3'], video: ['mp4'] },
    captions: [],
  },
  whatsapp: {
    types: CONTENT_TYPES,
    textMax: TEXT_MAX,
    extensions: {
      image: IMAGES,
      audio: ['aac', 'm4a', 'amr', 'mp3', 'opus'],
      video: ['mp4', '3gpp'],
      file: ['pdf', 'doc', 'docx', 'ppt', 'pptx', 'xls', 'xlsx'],
    },
    captions: ['image', 'file'],
  },
};

/** For channels that only a definition names: every type, under the limits of all channels. */
export const EXTRA_CONTENT_RULES: ContentRules = {
  types: CONTENT_TYPES,
  textMax: TEXT_MAX,
  extensions: {},
  captions: ['image', 'file'],
};
