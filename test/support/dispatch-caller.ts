/** A caller that sends dispatches and keeps a log of what it was answered: one of the verifier's three sources. */
import { randomUUID } from 'node:crypto';
import type { Stack } from '../../dev/stack';
import { POLICY_CHANNELS } from './crash-stack';

/** One dispatch that somebody wanted sent, and every answer to its posts. */
export interface Wanted {
  /** Stands in the text of each message, so that its rows are found without any id. */
  readonly tag: string;
  readonly key?: string;
  /** HTTP statuses in order; `undefined`: no answer. */
  readonly answers: { status: number | undefined; dispatchId?: string; tookMs: number }[];
}

export interface WantedStep {
  readonly channel: string;
  /** Number of the recipient; its last six digits may be magic for the simulator. */
  readonly to?: string;
  /** Absent on the last step. */
  readonly expirySeconds?: number;
  readonly condition?: 'delivered' | 'read';
}

export interface DispatchCaller {
  readonly wanted: readonly Wanted[];
  /** Something to be sent, not posted yet. */
  want(steps: readonly WantedStep[], options?: { key?: boolean }): PostableDispatch;
  /** Posts once without a key and expects a 202; answers the dispatch's id. */
  send(...steps: readonly WantedStep[]): Promise<string>;
}

export interface PostableDispatch {
  readonly wanted: Wanted;
  /** One post; answers the HTTP status, or undefined when there was no answer. */
  post(): Promise<number | undefined>;
  /** Posts, with its key, until it is accepted. */
  postUntilAccepted(timeoutMs: number): Promise<string>;
}

const NO_ANSWER_MS = 15_000;
const PAUSE_MS = 300;

export function createDispatchCaller(stack: Stack): DispatchCaller {
  const wanted: Wanted[] = [];
  const want = (
    steps: readonly WantedStep[],
    options: { key?: boolean } = {},
  ): PostableDispatch => {
    const tag = `tag-${randomUUID()}`;
    const one: Wanted = { tag, answers: [], ...(options.key === true && { key: `key-${tag}` }) };
    wanted.push(one);
    return postable(stack, one, bodyOf(tag, steps));
  };
  return {
    wanted,
    want,
    send: async (...steps) => {
      const dispatch = want(steps);
      expect(await dispatch.post()).toBe(202);
      return dispatch.wanted.answers.at(-1)?.dispatchId ?? '';
    },
  };
}

function postable(stack: Stack, wanted: Wanted, body: string): PostableDispatch {
  const post = async (): Promise<number | undefined> => {
    const startedAt = performance.now();
    const answer = await postOnce(stack, wanted, body).catch(() => undefined);
    const tookMs = performance.now() - startedAt;
    wanted.answers.push({ status: answer?.status, ...answer, tookMs });
    return answer?.status;
  };
  return {
    wanted,
    post,
    postUntilAccepted: async (timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      while ((await post()) !== 202) {
        if (Date.now() > deadline) {
          const answers = wanted.answers.map(({ status }) => status).join(', ');
          throw new Error(`not accepted within ${timeoutMs} ms; answers: ${answers}`);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      return wanted.answers.at(-1)?.dispatchId ?? '';
    },
  };
}

async function postOnce(
  stack: Stack,
  { key }: Wanted,
  body: string,
): Promise<{ status: number; dispatchId?: string }> {
  const { apiKey, apiSecret } = stack.seeded.basic;
  const answer = await fetch(`${stack.apiUrl}/v0.1/dispatch`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body,
    signal: AbortSignal.timeout(NO_ANSWER_MS),
  });
  const { dispatch_uuid: id } = (await answer.json()) as { dispatch_uuid?: string };
  return { status: answer.status, ...(id !== undefined && { dispatchId: id }) };
}

function bodyOf(tag: string, steps: readonly WantedStep[]): string {
  return JSON.stringify({
    template: 'failover',
    workflow: steps.map(({ channel, to = '447700900001', expirySeconds, condition }) => ({
      to: { type: channel, number: to },
      from:
        channel === POLICY_CHANNELS.resend
          ? { type: channel, id: 'sender' }
          : { type: channel, number: '447700900000' },
      message: { content: contentOf(channel, tag) },
      ...(expirySeconds !== undefined && {
        failover: { expiry_time: expirySeconds, condition_status: condition ?? 'delivered' },
      }),
    })),
  });
}

/** MMS knows no plain text: the tag is its caption. */
function contentOf(channel: string, tag: string): object {
  return channel === POLICY_CHANNELS.native
    ? { type: 'image', image: { url: 'https://example.com/image.jpg', caption: tag } }
    : { type: 'text', text: tag };
}
