import { createHmac } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came of a call: an answer, or how it ended without a complete one. */
export interface CallResult {
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly failure?: string;
  readonly ms: number;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** One call on a connection of its own, so that a cut is seen as it is. */
export function call(url: string, options: CallOptions = {}): Promise<CallResult> {
  const started = Date.now();
  const body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  return new Promise((resolve) => {
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    let text = '';
    const end = (failure?: string): void =>
      resolve({ status, headers, text, failure, ms: Date.now() - started });
    const outgoing = request(
      url,
      {
        method: options.method ?? 'GET',
        headers: options.headers,
        agent: false,
        timeout: options.timeoutMs,
      },
      (answer) => {
        ({ statusCode: status, headers } = answer);
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => end());
        answer.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    outgoing.end(body);
  });
}

/** One event as it was posted to a receipt URL. */
export interface PostedEvent {
  readonly at: number;
  readonly path: string;
  readonly isSigned: boolean;
  readonly raw: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface ReceiptTarget {
  readonly url: string;
  readonly posted: PostedEvent[];
  /** Statuses of the next answers; afterwards 200. */
  readonly answers: number[];
  statuses(): unknown[];
  close(): Promise<void>;
}

/** A receipt URL as a product has one. */
export async function startReceiptTarget(
  secret = 'simulator-webhook-secret',
): Promise<ReceiptTarget> {
  const posted: PostedEvent[] = [];
  const answers: number[] = [];
  const server: Server = createServer((incoming, answer) => {
    let raw = '';
    incoming.setEncoding('utf8').on('data', (part: string) => (raw += part));
    incoming.on('end', () => {
      const expected = `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
      const isSigned = incoming.headers['x-signature'] === expected;
      const path = incoming.url ?? '';
      const { events } = JSON.parse(raw) as { events: Record<string, unknown>[] };
      posted.push(...events.map((event) => ({ at: Date.now(), path, isSigned, raw, event })));
      answer.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/token`,
    posted,
    answers,
    statuses: () => posted.map(({ event }) => event['status']),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
