import { createHttpClient } from '../../runtime/http-client';
import type { HttpClient } from '../../runtime/http';
import { answerText, startHostileServer } from '../support/hostile-server';
import type { HostileServer } from '../support/hostile-server';
import { BLOCKED_HOSTS } from '../support/outbound-urls';
import { TEST_CERTIFICATE } from '../support/test-certificate';

const CALL = { method: 'POST', body: 'x', timeoutMs: 2_000, maxAnswerBytes: 1_000 };

const clients: HttpClient[] = [];
let server: HostileServer;
let server6: HostileServer;

beforeAll(async () => {
  server = await startHostileServer((socket) => socket.write(answerText(200, 'reached')));
  server6 = await startHostileServer((socket) => socket.write(answerText(200, 'reached')), {
    host: '::1',
  });
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.close();
  await server6.close();
});

function aClient(options: Partial<Parameters<typeof createHttpClient>[0]> = {}): HttpClient {
  const client = createHttpClient({ allow: [], ...options });
  clients.push(client);
  return client;
}

describe('an inner address', () => {
  it('has at least 150 spellings in this test', () => {
    expect(new Set(BLOCKED_HOSTS).size).toBeGreaterThanOrEqual(150);
  });

  test.each(BLOCKED_HOSTS)('is not reached as %s', async (host) => {
    // Every name of the list stands for loopback, but not every machine's resolver knows each spelling.
    const http = aClient({ resolve: () => Promise.resolve(['127.0.0.1']) });

    for (const port of [server.port, server6.port]) {
      for (const scheme of ['http', 'https']) {
        const call = http.request({ ...CALL, url: `${scheme}://${host}:${port}/` });
        await expect(call).rejects.toMatchObject({
          kind: 'not_sent',
          code: 'blocked_address',
          message: expect.stringContaining('not public') as string,
        });
      }
    }
    expect([server.connections(), server6.connections()]).toEqual([0, 0]);
  });

  test.each([
    ['one inner answer', ['127.0.0.1']],
    ['an inner answer behind a public one', ['93.184.216.34', '127.0.0.1']],
    ['an inner answer before a public one', ['10.0.0.1', '93.184.216.34']],
    ['a public A with a private AAAA', ['93.184.216.34', 'fd00::1']],
    ['a private A with a public AAAA', ['2606:4700:4700::1111', '192.168.0.1']],
    ['a mapped loopback', ['::ffff:127.0.0.1']],
    ['a scoped link-local', ['fe80::1%lo']],
    ['text that is no address', ['not-an-address']],
  ])('is not reached through a name with %s', async (_case, answers) => {
    const http = aClient({ resolve: () => Promise.resolve(answers) });

    const call = http.request({ ...CALL, url: 'https://rebind.test/' });

    await expect(call).rejects.toMatchObject({ kind: 'not_sent', code: 'blocked_address' });
    expect([server.connections(), server6.connections()]).toEqual([0, 0]);
  });

  it('is not followed in a redirect', async () => {
    const locations = BLOCKED_HOSTS.map((host) => `http://${host}:${server6.port}/`);
    let next = 0;
    const redirector = await startHostileServer((socket) => {
      socket.write(answerText(302, '', { location: locations[next] ?? '' }), 'utf8');
      next += 1;
    });
    const http = aClient({ allow: ['127.0.0.0/8'] });

    for (const _location of locations) {
      const answer = await http.request({ ...CALL, url: `http://127.0.0.1:${redirector.port}/` });
      expect(answer.status).toBe(302);
    }

    expect(next).toBe(locations.length);
    expect(server6.connections()).toBe(0);
    await http.close();
    await redirector.close();
  });
});

describe('a name that changes its answer', () => {
  it('is judged again for every connection, public first', async () => {
    // The public answer is played by the opened range 127.0.0.2, the inner one by 127.0.0.1.
    const answers = [['127.0.0.2'], ['127.0.0.1']];
    const target = await startHostileServer(
      (socket) => socket.end(answerText(200, 'ok', { connection: 'close' })),
      { host: '0.0.0.0' },
    );
    const http = aClient({
      allow: ['127.0.0.2/32'],
      resolve: () => Promise.resolve(answers.shift() ?? []),
    });
    const url = `http://rebind.test:${target.port}/`;

    expect((await http.request({ ...CALL, url })).status).toBe(200);
    await expect(http.request({ ...CALL, url })).rejects.toMatchObject({ code: 'blocked_address' });

    expect(target.connections()).toBe(1);
    await target.close();
  });

  it('is judged again for every connection, private first', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const target = await startHostileServer((socket) => socket.write(answerText(200, 'ok')), {
      host: '0.0.0.0',
    });
    const http = aClient({
      allow: ['127.0.0.2/32'],
      resolve: () => Promise.resolve(answers.shift() ?? []),
    });
    const url = `http://rebind.test:${target.port}/`;

    await expect(http.request({ ...CALL, url })).rejects.toMatchObject({ code: 'blocked_address' });
    expect(target.connections()).toBe(0);
    expect((await http.request({ ...CALL, url })).status).toBe(200);

    await http.close();
    await target.close();
  });

  it('is resolved once a connection, and a kept connection stays where it was judged', async () => {
    let resolved = 0;
    const http = aClient({
      allow: ['127.0.0.1/32'],
      maxConnectionsPerHost: 1,
      resolve: () => {
        resolved += 1;
        return Promise.resolve(resolved === 1 ? ['127.0.0.1'] : ['10.0.0.1']);
      },
    });
    const target = await startHostileServer((socket) => socket.write(answerText(200, 'ok')));
    const url = `http://rebind.test:${target.port}/`;

    for (let count = 0; count < 5; count += 1) {
      expect((await http.request({ ...CALL, url })).status).toBe(200);
    }

    expect([resolved, target.connections(), target.requests.length]).toEqual([1, 1, 5]);
    expect(target.requests[0]).toContain(`host: rebind.test:${target.port}`);
    await http.close();
    await target.close();
  });
});

it('tries the next judged address where the first one refuses', async () => {
  const target = await startHostileServer((socket) => socket.write(answerText(200, 'ok')));
  const http = aClient({
    allow: ['127.0.0.0/8'],
    resolve: () => Promise.resolve(['127.0.0.3', '127.0.0.1']),
  });

  const answer = await http.request({ ...CALL, url: `http://localhost:${target.port}/` });

  expect([answer.status, target.connections()]).toEqual([200, 1]);
  await http.close();
  await target.close();
});

describe('rules for public hosts', () => {
  const resolve = () => Promise.resolve(['93.184.216.34']);

  test.each([
    ['http://public.test/', 'https only'],
    ['http://public.test:443/', 'https only'],
    ['https://public.test:22/', 'ports'],
    ['https://public.test:25/', 'ports'],
    ['https://public.test:5432/', 'ports'],
  ])('%s is not called', async (url, words) => {
    for (const allow of [[], ['127.0.0.0/8']]) {
      const call = aClient({ allow, resolve }).request({ ...CALL, url });
      await expect(call).rejects.toMatchObject({
        kind: 'not_sent',
        code: 'blocked_address',
        message: expect.stringContaining(words) as string,
      });
    }
  });

  test.each([
    'https://user:pass@public.test/',
    'https://public.test/'.padEnd(2_049, 'a'),
    'nonsense',
  ])('the URL %p is refused', async (url) => {
    await expect(aClient({ resolve }).request({ ...CALL, url })).rejects.toMatchObject({
      kind: 'not_sent',
      code: 'invalid_url',
    });
  });
});

describe('TLS', () => {
  const resolve = () => Promise.resolve(['127.0.0.1']);

  it('is spoken with the name of the host, to the judged address', async () => {
    const target = await startHostileServer((socket) => socket.write(answerText(200, 'safe')), {
      tls: true,
    });
    const http = aClient({
      allow: ['127.0.0.0/8'],
      resolve,
      ca: TEST_CERTIFICATE,
      maxConnectionsPerHost: 1,
    });

    const url = `https://provider.test:${target.port}/`;
    const answers = [await http.request({ ...CALL, url }), await http.request({ ...CALL, url })];

    expect(answers.map((answer) => answer.body.toString())).toEqual(['safe', 'safe']);
    expect(target.connections()).toBe(1);
    await http.close();
    await target.close();
  });

  test.each([
    ['another name than the certificate has', 'other.test', TEST_CERTIFICATE],
    ['a certificate that nobody vouches for', 'provider.test', undefined],
  ])('refuses %s before a byte of the request leaves', async (_case, host, ca) => {
    const target = await startHostileServer((socket) => socket.write(answerText(200, '')), {
      tls: true,
    });
    const http = aClient({ allow: ['127.0.0.0/8'], resolve, ...(ca === undefined ? {} : { ca }) });
    const beforeWrite = jest.fn();

    const call = http.request({ ...CALL, beforeWrite, url: `https://${host}:${target.port}/` });

    await expect(call).rejects.toMatchObject({ kind: 'not_sent', code: 'tls' });
    expect(beforeWrite).not.toHaveBeenCalled();
    expect(target.requests).toEqual([]);
    await http.close();
    await target.close();
  });
});
