import { setting, wholeNumber } from './setting';

const READERS = ['api', 'worker'] as const;

/** Settings of the callbacks to callers: how many at a time, and when one that was not taken is tried again. */
export const CALLBACK_SETTINGS = {
  callbackPosts: setting({
    name: 'CALLBACK_POSTS',
    description: 'Callbacks that one process posts at a time.',
    fallback: '64',
    readBy: READERS,
    schema: wholeNumber(1, 10_000),
  }),
  callbackPostsPerHost: setting({
    name: 'CALLBACK_POSTS_PER_HOST',
    description: 'Callbacks that one process posts to one host at a time.',
    fallback: '10',
    readBy: READERS,
    schema: wholeNumber(1, 10_000),
  }),
  callbackFirstGapMs: setting({
    name: 'CALLBACK_FIRST_GAP_MS',
    description:
      'Until a callback that was not taken is tried again, in milliseconds; doubles with every failure. Lowered only by tests and benchmarks.',
    fallback: '5000',
    readBy: READERS,
    schema: wholeNumber(1, 900_000),
  }),
  callbackLongestGapMs: setting({
    name: 'CALLBACK_LONGEST_GAP_MS',
    description:
      'Longest gap between two tries of a callback, in milliseconds. Lowered only by tests and benchmarks.',
    fallback: '900000',
    readBy: READERS,
    schema: wholeNumber(1, 86_400_000),
  }),
  callbackGiveUpSeconds: setting({
    name: 'CALLBACK_GIVE_UP_SECONDS',
    description:
      'How long a callback is tried in all, in seconds. Lowered only by tests and benchmarks.',
    fallback: '86400',
    readBy: READERS,
    schema: wholeNumber(1, 2_592_000),
  }),
};
