import { Agent, request } from 'node:http';

import type { ReceiptPost } from './message-log';

export interface PostRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Poster {
  /** Never throws: what went wrong is in `answer`. */
  post(message: PostRequest): Promise<ReceiptPost>;
  close(): void;
}

/** A kept connection may be closed by its server just as it is used again: that says nothing, so it is tried afresh. */
class StaleConnection extends Error {}

function postOnce(agent: Agent, timeoutMs: number, message: PostRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...message.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(message.body),
    };
    const call = request(
      message.url,
      { method: 'POST', agent, headers, timeout: timeoutMs },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = call.reusedSocket && error.code === 'ECONNRESET';
      reject(isStale ? new StaleConnection() : error);
    });
    call.end(message.body);
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

export function createPoster(timeoutMs: number): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' });
  const tryPost = async (message: PostRequest): Promise<number | string> => {
    try {
      return await postOnce(agent, timeoutMs, message);
    } catch (error) {
      return error instanceof StaleConnection ? tryPost(message) : reasonOf(error);
    }
  };
  return {
    async post(message) {
      const at = Date.now();
      const answer = await tryPost(message);
      return { at, ms: Date.now() - at, answer };
    },
    close: () => agent.destroy(),
  };
}
