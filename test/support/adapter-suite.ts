import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Account } from '../../domain/provider';
import { ERROR_CLASSES, type ErrorClass } from '../../domain/vocabulary';
import type { Adapter, Credentials, SendLimits, SendOutcome } from '../../providers/adapter';
import type { HttpClient } from '../../runtime/http';
import { createHttpClient } from '../../runtime/http-client';
import { anInboundRequest, anOutgoingMessage } from './account';
import {
  answerText,
  startHostileServer,
  type Behaviour,
  type HostileServer,
} from './hostile-server';

/** What the suite needs to know of an adapter that sends over HTTP. */
export interface AdapterUnderTest {
  readonly create: (http: HttpClient) => Adapter;
  /** An account whose provider listens at `baseUrl`. */
  readonly account: (baseUrl: string) => Account;
  /** Values are secrets: none may show up in an outcome. */
  readonly credentials: Readonly<Record<string, string>>;
  /** An answer that accepts, with the id `ref-1` where the adapter reads one. */
  readonly acceptedBody: string;
  readonly acceptedRef?: string;
  /** Refusals of the provider as status and body, and the class that each must become. */
  readonly refusals: readonly (readonly [number, string, ErrorClass])[];
  /** Answers that blame the account, in the same form. */
  readonly accountFaults: readonly (readonly [number, string, ErrorClass])[];
}

/** Every adapter that sends over HTTP keeps these promises: the send fence is built on them. */
export function describeAdapter(name: string, subject: AdapterUnderTest): void {
  let http: HttpClient;
  let server: HostileServer | undefined;

  beforeEach(() => {
    http = createHttpClient({ allow: ['127.0.0.0/8'] });
  });

  afterEach(async () => {
    await http.close();
    await server?.close();
    server = undefined;
  });

  async function send(
    behaviour: Behaviour,
    limits: Partial<SendLimits> = {},
  ): Promise<SendOutcome> {
    server = await startHostileServer(behaviour);
    return sendTo(server.port, limits);
  }

  async function sendTo(port: number, limits: Partial<SendLimits> = {}): Promise<SendOutcome> {
    const adapter = subject.create(http);
    const account = subject.account(`http://127.0.0.1:${port}`);
    const prepared = await adapter.prepare(anOutgoingMessage(), account, subject.credentials);
    return prepared.send({ timeoutMs: 2_000, beforeWrite: () => undefined, ...limits });
  }

  const answers =
    (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Behaviour =>
    (socket) =>
      socket.write(answerText(status, body, { 'content-type': 'application/json', ...headers }));

  describe(`${name}: a complete answer`, () => {
    it('that says yes is accepted', async () => {
      const outcome = await send(answers(202, subject.acceptedBody));

      const { acceptedRef: messageRef } = subject;
      expect(outcome).toEqual({
        kind: 'accepted',
        ...(messageRef === undefined ? {} : { messageRef }),
      });
      expect(server?.requests).toHaveLength(1);
    });

    it.each(subject.refusals)('%i %s is refused as %3$s', async (status, body, errorClass) => {
      const outcome = await send(answers(status, body));

      expect(outcome).toMatchObject({ kind: 'refused', error: { class: errorClass } });
    });

    const notNow: AdapterUnderTest['refusals'] = [
      [429, '', 'rate_limited'],
      [500, '', 'outage'],
      [502, '', 'outage'],
      [503, '', 'outage'],
      ...subject.accountFaults,
    ];
    it.each(notNow)(
      '%i %s asks for a later try, or another account, as %s',
      async (status, body, errorClass) => {
        const outcome = await send(answers(status, body));

        expect(outcome).toEqual({
          kind: 'retry',
          error: expect.objectContaining({ class: errorClass, code: expect.any(Number) }),
        });
      },
    );

    it('with Retry-After in seconds says when', async () => {
      const outcome = await send(answers(503, '', { 'retry-after': '7' }));

      expect(outcome).toMatchObject({ kind: 'retry', afterMs: 7_000 });
    });

    it('with Retry-After as a date says when', async () => {
      const date = new Date(Date.now() + 60_000).toUTCString();

      const outcome = await send(answers(429, '', { 'retry-after': date }));

      expect(outcome).toMatchObject({ kind: 'retry', afterMs: expect.any(Number) });
      const { afterMs = 0 } = outcome as { afterMs?: number };
      expect(afterMs).toBeGreaterThan(50_000);
      expect(afterMs).toBeLessThanOrEqual(60_000);
    });

    it.each(['soon', '-1', '1e9', '2', ''])(
      'with Retry-After %j gives no nonsense',
      async (after) => {
        const outcome = await send(answers(503, '', { 'retry-after': after }));

        expect(outcome).toMatchObject(after === '2' ? { afterMs: 2_000 } : { kind: 'retry' });
        expect(JSON.stringify(outcome)).not.toContain('null');
      },
    );

    it.each(['{"id":', '<html>', '[]', 'null', '"text"', '\u0000', '{"id":{"x":1}}'])(
      'that is malformed (%j) never throws, and a 2xx is never called a failure to send',
      async (body) => {
        const yes = await send(answers(200, body));
        await server?.close();
        const no = await send(answers(500, body));

        expect(['accepted', 'unknown']).toContain(yes.kind);
        expect(no.kind).toBe('retry');
      },
    );

    it('that redirects is not followed', async () => {
      const other = await startHostileServer(answers(200, subject.acceptedBody));

      const outcome = await send(answers(307, '', { location: `http://127.0.0.1:${other.port}/` }));

      expect(outcome.kind).not.toBe('accepted');
      expect(other.connections()).toBe(0);
      await other.close();
    });
  });

  describe(`${name}: certainly not sent`, () => {
    it('is a refused connection', async () => {
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const { port } = closed.address() as AddressInfo;
      closed.close();

      expect(await sendTo(port)).toMatchObject({ kind: 'not_sent', error: { class: 'outage' } });
    });

    it('is a permit that was lost', async () => {
      const beforeWrite = () => {
        throw new Error('lease lost');
      };

      const outcome = await send(answers(200, subject.acceptedBody), { beforeWrite });

      expect(outcome.kind).toBe('not_sent');
      expect(server?.requests).toEqual([]);
    });

    it('is an abort before the call', async () => {
      const outcome = await send(answers(200), { signal: AbortSignal.abort() });

      expect(outcome.kind).toBe('not_sent');
      expect(server?.connections()).toBe(0);
    });

    it('is an address that may not be called', async () => {
      await http.close();
      http = createHttpClient({
        allow: ['127.9.9.9/32'],
        resolve: () => Promise.resolve(['10.0.0.1']),
      });
      const account = subject.account('https://inner.example');
      const prepared = await subject
        .create(http)
        .prepare(anOutgoingMessage(), account, subject.credentials);

      const outcome = await prepared.send({ timeoutMs: 1_000, beforeWrite: () => undefined });
      expect(outcome.kind).toBe('not_sent');
    });
  });

  describe(`${name}: perhaps sent`, () => {
    it('is silence beyond the limit', async () => {
      const startedAt = performance.now();

      const outcome = await send(() => undefined, { timeoutMs: 200 });

      expect(outcome).toMatchObject({ kind: 'unknown' });
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    });

    it.each<[string, Behaviour]>([
      ['a reset', (socket) => socket.resetAndDestroy()],
      ['a cut head', (socket) => socket.end('HTTP/1.1 20')],
      ['a cut body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{')],
      ['an oversized yes', answers(200, 'x'.repeat(2_000_000))],
      ['no HTTP', (socket) => socket.end('hello\r\n\r\n')],
    ])('is %s', async (_case, behaviour) => {
      expect((await send(behaviour)).kind).toBe('unknown');
      expect(server?.requests).toHaveLength(1);
    });

    it('is an abort after the write', async () => {
      const abort = new AbortController();

      const outcome = await send(() => abort.abort(), { signal: abort.signal });

      expect(outcome.kind).toBe('unknown');
    });

    it('is not an oversized no: its status says enough', async () => {
      expect((await send(answers(503, 'x'.repeat(2_000_000)))).kind).toBe('retry');
    });
  });

  describe(`${name}: secrets`, () => {
    const quoting = Object.values(subject.credentials).map((secret) => `bad key ${secret}!`);

    it.each([200, 400, 401, 429, 500])(
      'stay out of the outcome of a %i that quotes them',
      async (status) => {
        const body = JSON.stringify({
          message: quoting.join(' '),
          error: { message: quoting.join() },
        });

        const outcome = await send((socket, request) => {
          const echoed = /authorization: (.*)\r\n|x-api-key: (.*)\r\n/i.exec(request)?.[0] ?? '';
          const text = JSON.stringify({ message: `${echoed} ${quoting.join(' ')}` });
          socket.write(
            answerText(status, status === 400 ? body : text, {
              'content-type': 'application/json',
            }),
          );
        });

        for (const secret of Object.values(subject.credentials)) {
          expect(JSON.stringify(outcome)).not.toContain(secret);
        }
      },
    );

    it('stay out of every failure', async () => {
      const outcomes = [
        await send((socket) => socket.resetAndDestroy()),
        await sendTo(1),
        await sendTo(server?.port ?? 0, { signal: AbortSignal.abort() }),
      ];

      for (const secret of Object.values(subject.credentials)) {
        expect(JSON.stringify(outcomes)).not.toContain(secret);
      }
    });
  });

  describe(`${name}: what it gives`, () => {
    it('are classes and codes of the closed lists, and short reasons', async () => {
      const body = JSON.stringify({ message: 'long '.repeat(1_000) });
      for (const status of [300, 400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 500, 599]) {
        const outcome = await send(answers(status, body));
        await server?.close();
        const { error } = outcome as Extract<SendOutcome, { error: unknown }>;

        expect(ERROR_CLASSES).toContain(error.class);
        expect(error.code).toBeGreaterThanOrEqual(1_000);
        expect(error.reason.length).toBeLessThanOrEqual(200);
      }
    });

    it('is never an exception for a report, whatever it is', async () => {
      const adapter = subject.create(http);
      const account = subject.account('https://provider.example');
      const none: Credentials = {};

      for (const body of ['', '{', '[]', 'null', '\u0000', '[[[[', '{"__proto__":1}', 'a=b&c']) {
        for (const type of [
          'application/json',
          'application/x-www-form-urlencoded',
          'x',
          undefined,
        ]) {
          const request = anInboundRequest(body, { headers: { 'content-type': type } });
          const parsed = await adapter.parseReceipt(request, account, none);
          expect(['forged', 'unreadable', 'updates']).toContain(parsed.kind);
        }
      }
    });
  });
}
