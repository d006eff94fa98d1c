import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createHttpClient } from '../../runtime/http-client';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../runtime/http';
import { answerText, startHostileServer } from '../support/hostile-server';
import type { Behaviour, HostileServer } from '../support/hostile-server';

let http: HttpClient;
const servers: HostileServer[] = [];

beforeEach(() => {
  http = createHttpClient({ allow: ['127.0.0.0/8'], maxConnectionsPerHost: 4 });
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await http.close();
});

async function aServer(behaviour: Behaviour): Promise<HostileServer> {
  const server = await startHostileServer(behaviour);
  servers.push(server);
  return server;
}

function post(port: number, request: Partial<HttpRequest> = {}): Promise<HttpAnswer> {
  return http.request({
    method: 'POST',
    url: `http://127.0.0.1:${port}/messages?a=b`,
    headers: { 'content-type': 'application/json' },
    body: '{"text":"hi"}',
    timeoutMs: 1_000,
    maxAnswerBytes: 10_000,
    ...request,
  });
}

/** A second connection would be opened for a call that follows in the same turn. */
async function useOneConnection(): Promise<void> {
  await http.close();
  http = createHttpClient({ allow: ['127.0.0.0/8'], maxConnectionsPerHost: 1 });
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe('an answer', () => {
  it('comes back whole, with lower-case headers and repeated ones joined', async () => {
    const server = await aServer((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
      socket.write(
        'HTTP/1.1 201 Created\r\nX-One: 1\r\nX-ONE: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      socket.write('3\r\nabc\r\n');
      setTimeout(() => socket.write('3\r\ndef\r\n0\r\n\r\n'), 20);
    });

    const answer = await post(server.port);

    expect(answer.status).toBe(201);
    expect(answer.headers['x-one']).toBe('1, 2');
    expect(answer.body.toString()).toBe('abcdef');
    expect(server.requests[0]).toMatch(/^POST \/messages\?a=b HTTP\/1\.1\r\n/);
    expect(server.requests[0]).toMatch(/\r\n\r\n\{"text":"hi"\}$/);
  });

  test.each([301, 302, 303, 307, 308, 400, 500])('with status %i is an answer', async (status) => {
    const server = await aServer((socket) =>
      socket.write(answerText(status, 'no', { location: 'http://127.0.0.1:1/' })),
    );

    await expect(post(server.port)).resolves.toMatchObject({ status });
    expect(server.requests).toHaveLength(1);
  });

  it('of one connection serves many requests, each announced before its write', async () => {
    const server = await aServer((socket) => socket.write(answerText(200, 'ok')));
    const beforeWrite = jest.fn();
    await useOneConnection();

    for (let count = 0; count < 10; count += 1) {
      await post(server.port, { beforeWrite });
    }

    expect([server.connections(), server.requests.length]).toEqual([1, 10]);
    expect(beforeWrite).toHaveBeenCalledTimes(10);
  });
});

describe('connections', () => {
  it('are renewed after a thousand requests, and few even then', async () => {
    const server = await aServer((socket) => socket.write(answerText(200, 'ok')));

    for (let count = 0; count < 4_500; count += 1) {
      await post(server.port);
    }

    expect(server.requests).toHaveLength(4_500);
    expect(server.connections()).toBeGreaterThan(2);
    expect(server.connections()).toBeLessThan(12);
  });

  it('that the peer ends cost one new connection each', async () => {
    let count = 0;
    const server = await aServer((socket) => {
      count += 1;
      const isLast = count % 10 === 0;
      socket.write(answerText(200, 'ok', isLast ? { connection: 'close' } : {}));
    });

    for (let done = 0; done < 500; done += 1) {
      await post(server.port);
    }

    expect(server.requests).toHaveLength(500);
    expect(server.connections()).toBeLessThan(60);
  });

  it('never carry more calls at once to a host than the limit', async () => {
    let open = 0;
    let most = 0;
    const server = await aServer((socket) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        socket.write(answerText(200, 'ok'));
      }, 10);
    });

    await Promise.all(Array.from({ length: 40 }, () => post(server.port)));

    expect([most, server.connections()]).toEqual([4, 4]);
  });
});

describe('certainly not sent', () => {
  const notSent = (code: string) => ({ kind: 'not_sent', code });

  it('is a refused connection', async () => {
    await expect(post(await closedPort())).rejects.toMatchObject(notSent('connect'));
  });

  it('are many calls at once to a refused port, all of them soon, and the host is not lost', async () => {
    const port = await closedPort();

    const calls = await Promise.allSettled(Array.from({ length: 40 }, () => post(port)));
    const late = await startHostileServer((socket) => socket.write(answerText(200, 'up')), {
      port,
    });
    servers.push(late);
    const after = await Promise.all(Array.from({ length: 20 }, () => post(port)));

    for (const call of calls) {
      expect(call).toMatchObject({ status: 'rejected', reason: notSent('connect') });
    }
    expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(late.connections()).toBeLessThanOrEqual(4);
  });

  it('is a name without an address', async () => {
    await http.close();
    http = createHttpClient({ allow: [], resolve: () => Promise.reject(new Error('ENOTFOUND')) });

    const call = post(1, { url: 'https://nowhere.test/' });

    await expect(call).rejects.toMatchObject(notSent('dns'));
  });

  it('is a resolver that hangs beyond the connect time', async () => {
    await http.close();
    http = createHttpClient({ allow: [], resolve: () => new Promise(() => undefined) });

    const call = post(1, { url: 'https://nowhere.test/', connectTimeoutMs: 50 });

    await expect(call).rejects.toMatchObject(notSent('timeout'));
  });

  it('is a throw of beforeWrite, and the connection serves the next call', async () => {
    const server = await aServer((socket) => socket.write(answerText(200, 'ok')));
    await useOneConnection();
    await post(server.port);

    const call = post(server.port, {
      beforeWrite: () => {
        throw new Error('lease lost');
      },
    });

    await expect(call).rejects.toMatchObject({ ...notSent('before_write') });
    await post(server.port);
    expect([server.connections(), server.requests.length]).toEqual([1, 2]);
  });

  it('is a call that waits for a free connection until its time is over', async () => {
    const server = await aServer(() => undefined);
    const hanging = Array.from({ length: 4 }, () => post(server.port, { timeoutMs: 400 }));

    await expect(post(server.port, { timeoutMs: 100 })).rejects.toMatchObject(notSent('timeout'));
    await Promise.allSettled(hanging);
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(server.requests).toHaveLength(4);
  });

  it('is a signal that was aborted before', async () => {
    const server = await aServer(() => undefined);

    const call = post(server.port, { signal: AbortSignal.abort() });

    await expect(call).rejects.toMatchObject(notSent('aborted'));
    expect(server.connections()).toBe(0);
  });

  test.each(['a\r\nx-injected: 1', 'a\nb', 'a\0b', '☎'])(
    'is the header value %j',
    async (value) => {
      const server = await aServer(() => undefined);

      const call = post(server.port, { headers: { 'x-value': value } });

      await expect(call).rejects.toMatchObject({ kind: 'not_sent' });
      expect(server.requests).toEqual([]);
    },
  );
});

describe('perhaps sent', () => {
  const cases: [string, string, Behaviour][] = [
    ['a reset before the answer', 'reset', (socket) => socket.resetAndDestroy()],
    ['an end before the answer', 'reset', (socket) => socket.end()],
    ['a cut status line', 'reset', (socket) => socket.end('HTTP/1.1 20')],
    ['a cut head', 'reset', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    [
      'a cut body',
      'reset',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id":'),
    ],
    [
      'a cut chunk',
      'reset',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc'),
    ],
    ['no HTTP at all', 'reset', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'a protocol switch',
      'reset',
      (socket) => socket.write('HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
    ['silence', 'timeout', () => undefined],
    [
      'a head that never ends',
      'timeout',
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'),
    ],
    [
      'a body that drips',
      'timeout',
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n', 'z'),
    ],
    ['endless interim answers', 'timeout', (socket) => drip(socket, '', 'HTTP/1.1 103 E\r\n\r\n')],
    [
      'a header bomb',
      'too_large',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`),
    ],
    [
      'a bomb of many headers',
      'too_large',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'abc: def\r\n'.repeat(10_000)}\r\n`),
    ],
  ];

  test.each(cases)('is %s', async (_case, code, behaviour) => {
    const server = await aServer(behaviour);
    const startedAt = Date.now();

    const call = post(server.port, { timeoutMs: 300 });

    await expect(call).rejects.toMatchObject({ kind: 'no_answer', code });
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    expect(server.requests).toHaveLength(1);
  });

  test.each(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])('a %s is never repeated', async (method) => {
    const server = await aServer((socket) => socket.resetAndDestroy());

    for (let count = 0; count < 3; count += 1) {
      await expect(post(server.port, { method })).rejects.toMatchObject({ kind: 'no_answer' });
    }

    expect(server.requests).toHaveLength(3);
  });

  it('is an abort after the write', async () => {
    const abort = new AbortController();
    const server = await aServer(() => abort.abort());

    const call = post(server.port, { signal: abort.signal });

    await expect(call).rejects.toMatchObject({ kind: 'no_answer', code: 'aborted' });
  });

  it('is a kept connection that ends while the next request is on it, and only that request', async () => {
    let count = 0;
    const server = await aServer((socket) => {
      count += 1;
      if (count === 2) {
        socket.resetAndDestroy();
      } else {
        socket.write(answerText(200, 'ok'));
      }
    });
    await useOneConnection();

    await post(server.port);
    await expect(post(server.port)).rejects.toMatchObject({ kind: 'no_answer', code: 'reset' });
    await post(server.port);

    expect(server.requests).toHaveLength(3);
  });

  it('leaves a kept connection that the peer closed while idle', async () => {
    const sockets: Socket[] = [];
    const server = await aServer((socket) => {
      sockets.push(socket);
      socket.write(answerText(200, 'ok'));
    });
    await useOneConnection();
    await post(server.port);
    sockets[0]?.end();
    await new Promise((resolve) => setTimeout(resolve, 50));

    await expect(post(server.port)).resolves.toMatchObject({ status: 200 });
    expect([server.connections(), server.requests.length]).toEqual([2, 2]);
  });
});

describe('too large', () => {
  test.each([
    ['announced', answerText(500, 'x'.repeat(10_001))],
    ['ten megabytes', answerText(500, 'x'.repeat(10_000_000))],
    [
      'unannounced',
      `HTTP/1.1 500 E\r\ntransfer-encoding: chunked\r\n\r\n${`3e8\r\n${'x'.repeat(1_000)}\r\n`.repeat(12)}`,
    ],
  ])('is an answer that is longer than its cap, %s', async (_case, text) => {
    const server = await aServer((socket) => socket.write(text));

    await expect(post(server.port)).rejects.toMatchObject({
      kind: 'too_large',
      code: 'too_large',
      status: 500,
    });
  });

  it('is not an answer of exactly its cap', async () => {
    const server = await aServer((socket) => socket.write(answerText(200, 'x'.repeat(10_000))));

    expect((await post(server.port)).body).toHaveLength(10_000);
  });

  it('does not read on: an endless body costs no memory', async () => {
    let written = 0;
    const server = await aServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      const pump = (): void => {
        while (!socket.destroyed && written < 130_000_000 && socket.write(chunk)) {
          written += chunk.length;
        }
      };
      socket.on('drain', pump);
      pump();
    });

    await expect(post(server.port)).rejects.toMatchObject({ kind: 'too_large' });
    expect(written).toBeLessThan(20_000_000);
  });
});

function drip(socket: Socket, first: string, more: string): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(more), 20);
  socket.on('close', () => clearInterval(timer));
}
