import type { Account } from '../../domain/provider';
import { PrepareError, type Credentials, type OutgoingMessage } from '../../providers/adapter';
import { createRestAdapter } from '../../providers/rest';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../runtime/http';
import { createHttpClient } from '../../runtime/http-client';
import { anAccount, anOutgoingMessage, MESSAGE_ID } from '../support/account';

const guard = createHttpClient({ allow: [] });
const ANSWER: HttpAnswer = { status: 200, headers: {}, body: Buffer.alloc(0) };

interface Case {
  readonly account?: Parameters<typeof anAccount>[0];
  readonly credentials?: Credentials;
  readonly message?: Partial<OutgoingMessage>;
}

/** The request that would leave. */
async function requestOf({ account = {}, credentials = {}, message = {} }: Case) {
  const requests: HttpRequest[] = [];
  const http: HttpClient = {
    ...guard,
    request: (request) => {
      requests.push(request);
      return Promise.resolve(ANSWER);
    },
  };
  const ready: Account = anAccount({ baseUrl: 'https://api.example.com/v1', ...account });
  const adapter = createRestAdapter(http);
  const prepared = await adapter.prepare(anOutgoingMessage(message), ready, credentials);
  expect(requests).toEqual([]);
  await prepared.send({ timeoutMs: 1_234, beforeWrite: () => undefined });
  const [request] = requests;
  if (request === undefined) {
    throw new Error('nothing was sent');
  }
  return request;
}

async function faultOf(given: Case): Promise<unknown> {
  const error: unknown = await requestOf(given).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PrepareError);
  return (error as PrepareError).failure;
}

const post = { method: 'POST', path: '/messages' };

it('sends what the definition says', async () => {
  const request = await requestOf({
    account: {
      settings: { region: 'eu 1/x', app: 7 },
      definition: {
        auth: {
          headers: { 'X-Api-Key': 'credentials.apiKey' },
          query: { token: 'credentials.token' },
        },
        send: {
          method: 'post',
          path: '/{settings.region}/apps/{settings.app}/messages?fixed=1',
          headers: { 'X-Ref': 'messageId', 'x-absent': 'content.nothing' },
          query: { ttl: 'ttlSeconds', tag: "['a', 'b&c']", none: 'content.nothing' },
          body: "{ 'to': recipient.number, 'from': sender.number, 'content': content, 'd': dispatchId, 'cb': receiptUrl, 'r': settings.region }",
        },
      },
    },
    credentials: { apiKey: 'key', token: 't=&' },
  });

  expect(request).toMatchObject({
    method: 'POST',
    url: 'https://api.example.com/v1/eu%201%2Fx/apps/7/messages?fixed=1&ttl=600&tag=a&tag=b%26c&token=t%3D%26',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'x-api-key': 'key',
      'x-ref': MESSAGE_ID,
    },
    timeoutMs: 1_234,
  });
  expect(request.headers).not.toHaveProperty('x-absent');
  expect(JSON.parse(String(request.body))).toEqual({
    to: '447700900001',
    from: '447700900000',
    content: { type: 'text', text: 'hello' },
    d: 'f2b5a1b4-90c8-4b7e-a0df-51b7a6f7a6c2',
    cb: 'https://dispatch.example/webhooks/token',
    r: 'eu 1/x',
  });
});

it('sends no body and no type for one where the map has none', async () => {
  const request = await requestOf({
    account: {
      definition: { send: { method: 'GET', path: '/send', query: { to: 'recipient.number' } } },
    },
  });

  expect(request.url).toBe('https://api.example.com/v1/send?to=447700900001');
  expect(request).not.toHaveProperty('body');
  expect(request.headers).not.toHaveProperty('content-type');
});

it('sends forms and text where the map says so', async () => {
  const send = (type: string, body: string) =>
    requestOf({
      account: { definition: { send: { ...post, headers: { 'Content-Type': type }, body } } },
    });

  const form = await send(
    "'application/x-www-form-urlencoded'",
    "{ 'To': '+44', 'Tag': ['a', 'b c'] }",
  );
  expect(form.body).toBe('To=%2B44&Tag=a&Tag=b+c');
  const text = await send("'text/xml'", "'<to>' & recipient.number & '</to>'");
  expect(text.body).toBe('<to>447700900001</to>');
  const json = await send("'application/json; charset=utf-8'", "'text'");
  expect(json.body).toBe('"text"');
});

describe('secrets', () => {
  it('are out of sight of every expression but those of auth', async () => {
    const request = await requestOf({
      account: {
        definition: {
          send: {
            ...post,
            headers: { 'x-leak': 'credentials.apiKey' },
            query: { leak: '$$.credentials.apiKey' },
            body: "{ 'all': $, 'leak': credentials }",
          },
        },
      },
      credentials: { apiKey: 'the-secret-key' },
    });

    expect(JSON.stringify(request)).not.toContain('the-secret-key');
  });

  it.each([
    [{ headers: { authorization: "'Bearer ' & credentials.token" } }, { token: 'x' }, undefined],
    [{ headers: { 'x-api-key': 'credentials.apiKey' } }, {}, 'auth'],
    [{ query: { key: 'credentials.apiKey' } }, {}, 'auth'],
    [{ headers: { 'x-api-key': "$error('no')" } }, {}, 'unsupported'],
  ])('missing from %j blame the account', async (auth, credentials, errorClass) => {
    const given = { account: { definition: { auth } }, credentials };

    if (errorClass === undefined) {
      await expect(requestOf(given)).resolves.toBeDefined();
    } else {
      expect(await faultOf(given)).toMatchObject({ class: errorClass });
    }
  });
});

describe('a map cannot change the host', () => {
  it.each([
    '@evil.example/',
    '.evil.example/',
    ':8443/',
    '//evil.example/'.slice(1).replace('/', '@'),
    'messages',
    '\\@evil.example',
  ])('by the path %s', async (path) => {
    expect(await faultOf({ account: { definition: { send: { ...post, path } } } })).toMatchObject({
      class: 'unsupported',
    });
  });

  it.each([
    '//evil.example/x',
    '/\\evil.example',
    '/../../x',
    '/%2e%2e/x',
    '/x?y=https://evil.example',
    '/#x',
  ])('nor by the path %s, which stays with its provider', async (path) => {
    const { url } = await requestOf({ account: { definition: { send: { ...post, path } } } });

    expect(new URL(url).host).toBe('api.example.com');
  });

  it.each([
    ['@evil.example', '%40evil.example'],
    ['/../../x', '%2F..%2F..%2Fx'],
    ['a?b=c#d', 'a%3Fb%3Dc%23d'],
    ['é', '%C3%A9'],
    [true, 'true'],
  ])('by the setting %j', async (value, encoded) => {
    const { url } = await requestOf({
      account: {
        settings: { value },
        definition: { send: { ...post, path: '/x/{settings.value}/y' } },
      },
    });

    expect(new URL(url).pathname).toBe(`/v1/x/${encoded}/y`);
  });

  it.each(['.', '..', '', undefined, null, {}, ['a']])(
    'and a setting %j fills no place',
    async (value) => {
      const given = {
        account: {
          settings: { value },
          definition: { send: { ...post, path: '/x/{settings.value}/y' } },
        },
      };

      expect(await faultOf(given)).toMatchObject({ class: 'unsupported' });
    },
  );

  it.each([
    '{content.text}',
    '{credentials.key}',
    '{}',
    '{settings.__proto__}',
    '{settings.constructor}',
  ])('and the place %s is none', async (place) => {
    const given = {
      account: { definition: { send: { ...post, path: `/x/${place}` } } },
      credentials: { key: 'k' },
    };

    expect(await faultOf(given)).toMatchObject({ class: 'unsupported' });
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'Upgrade',
    'expect',
    'bad name',
    'x:y',
    '',
  ])('by the header %j', async (name) => {
    const headers = { [name]: "'evil.example'" };

    expect(
      await faultOf({ account: { definition: { send: { ...post, headers } } } }),
    ).toMatchObject({
      class: 'unsupported',
    });
  });

  it.each(['a\r\nhost: evil', 'a\nb', 'a\rb', 'a\0b', 'a\u0085\u2028b', '\u{1F600}'])(
    'by the header value %j from the content',
    async (text) => {
      const given = {
        account: { definition: { send: { ...post, headers: { 'x-text': 'content.text' } } } },
        message: { content: { type: 'text', text } },
      };

      expect(await faultOf(given)).toMatchObject({ class: 'unsupported' });
    },
  );
});

it.each([
  ['an inner address', 'https://10.0.0.1'],
  ['plain http', 'http://api.example.com'],
  ['a foreign port', 'https://api.example.com:22'],
])('refuses %s before anything is claimed', async (_case, baseUrl) => {
  expect(await faultOf({ account: { baseUrl } })).toMatchObject({ class: 'unsupported' });
});

it.each(['messageRef', 'outcome'])(
  'refuses a definition whose %s does not compile',
  async (name) => {
    expect(
      await faultOf({ account: { definition: { send: { ...post, [name]: '{' } } } }),
    ).toMatchObject({ class: 'unsupported' });
  },
);

it('refuses a definition that sends nothing', async () => {
  const account = anAccount({ baseUrl: 'https://api.example.com' });
  const { send: _send, ...definition } = account.definition;

  const prepared = createRestAdapter(guard).prepare(
    anOutgoingMessage(),
    { ...account, definition },
    {},
  );

  await expect(prepared).rejects.toThrow(PrepareError);
});

it.each(['{', '$error("no")', '$number(content.text)'])(
  'refuses the failing body %s',
  async (body) => {
    expect(await faultOf({ account: { definition: { send: { ...post, body } } } })).toMatchObject({
      class: 'unsupported',
      code: 1030,
    });
  },
);
