import { createHmac } from 'node:crypto';
import type { SignatureMap } from '../../domain/provider';
import type { InboundRequest } from '../../providers/adapter';
import { distrust, SIGNATURE_SCHEMES } from '../../providers/signatures';

const NOW = new Date('2026-11-22T10:00:00.000Z');
const BODY = Buffer.from('{"id":"m-1","status":"delivered"}');
const SECRET = 'a-webhook-secret';
const CREDENTIALS = { webhookSecret: SECRET, other: 'another-secret', user: 'receipts', empty: '' };

type Headers = InboundRequest['headers'];

function aRequest(headers: Headers, rawBody = BODY, receivedAt = NOW): InboundRequest {
  const url = 'https://api.example.com/webhooks/token';
  return { method: 'POST', url, headers, query: {}, rawBody, receivedAt };
}

function sign(algorithm: string, secret: string | Buffer, text: string | Buffer = BODY): Buffer {
  return createHmac(algorithm, secret).update(text).digest();
}

function aMap(map: Partial<SignatureMap> & { scheme: string }): SignatureMap {
  return { secret: 'credentials.webhookSecret', ...map };
}

function verdict(map: SignatureMap, headers: Headers, body = BODY): string | undefined {
  return distrust(map, aRequest(headers, body), CREDENTIALS);
}

describe('official vectors', () => {
  it('of Standard Webhooks pass', () => {
    const request = aRequest(
      {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      Buffer.from('{"test": 2432232314}'),
      new Date(1_614_265_330_000),
    );
    const credentials = { webhookSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

    expect(distrust(aMap({ scheme: 'standard-webhooks' }), request, credentials)).toBeUndefined();
  });

  it('of GitHub webhooks (HMAC-SHA256, prefixed hex) pass', () => {
    const map = aMap({ scheme: 'hmac-sha256', header: 'x-hub-signature-256', prefix: 'sha256=' });
    const headers = {
      'x-hub-signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    };
    const request = aRequest(headers, Buffer.from('Hello, World!'));

    const credentials = { webhookSecret: "It's a Secret to Everybody" };
    expect(distrust(map, request, credentials)).toBeUndefined();
  });

  it.each([
    ['hmac-sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    ['hmac-sha1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ])('of RFC 4231 and RFC 2202, case 2, pass for %s', (scheme, signature) => {
    const request = aRequest({ 'x-sig': signature }, Buffer.from('what do ya want for nothing?'));

    const reason = distrust(aMap({ scheme, header: 'X-Sig' }), request, { webhookSecret: 'Jefe' });
    expect(reason).toBeUndefined();
  });

  it('of RFC 7617 (Basic) pass', () => {
    const map = aMap({ scheme: 'basic', username: 'credentials.user' });
    const request = aRequest({ authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' });

    const credentials = { user: 'Aladdin', webhookSecret: 'open sesame' };
    expect(distrust(map, request, credentials)).toBeUndefined();
  });
});

describe.each([
  ['hmac-sha256', 'hex'],
  ['hmac-sha256', 'base64'],
  ['hmac-sha1', 'hex'],
  ['hmac-sha1', 'base64'],
] as const)('%s in %s', (scheme, encoding) => {
  const map = aMap({ scheme, header: 'x-signature', encoding, prefix: 'v=' });
  const algorithm = scheme.slice('hmac-'.length);
  const right = sign(algorithm, SECRET).toString(encoding);

  it('passes what is signed right', () => {
    expect(verdict(map, { 'x-signature': `v=${right}` })).toBeUndefined();
  });

  const otherAlgorithm = algorithm === 'sha1' ? 'sha256' : 'sha1';
  const otherEncoding = encoding === 'hex' ? 'base64' : 'hex';
  it.each<[string, string | string[] | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['only its prefix', 'v='],
    ['without its prefix', right],
    ['with another prefix', `sha=${right}`],
    ['cut', `v=${right.slice(0, -4)}`],
    ['extended', `v=${right}0000`],
    ['followed by a space', `v=${right} `],
    ['doubled as a list', [`v=${right}`, `v=${right}`]],
    ['doubled in one line', `v=${right}, v=${right}`],
    ['of another key', `v=${sign(algorithm, 'another-secret').toString(encoding)}`],
    ['of an empty key', `v=${sign(algorithm, '').toString(encoding)}`],
    ['of another algorithm', `v=${sign(otherAlgorithm, SECRET).toString(encoding)}`],
    ['in another encoding', `v=${sign(algorithm, SECRET).toString(otherEncoding)}`],
    ['of an empty body', `v=${sign(algorithm, SECRET, '').toString(encoding)}`],
    ['no digits at all', 'v=zzzz'],
  ])('refuses a signature that is %s', (_case, header) => {
    expect(verdict(map, { 'x-signature': header })).toEqual(expect.any(String));
  });

  it.each([
    ['an altered byte', '{"id":"m-1","status":"delivereD"}'],
    ['reordered JSON', '{"status":"delivered","id":"m-1"}'],
    ['white space added', '{"id":"m-1", "status":"delivered"}'],
    ['something appended', `${BODY.toString()} `],
    ['nothing', ''],
  ])('refuses a body with %s', (_case, body) => {
    expect(verdict(map, { 'x-signature': `v=${right}` }, Buffer.from(body))).toBe(
      'signature wrong',
    );
  });

  it('refuses everything once one bit of the signature is turned', () => {
    const bytes = sign(algorithm, SECRET);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const forged = Buffer.from(bytes);
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verdict(map, { 'x-signature': `v=${forged.toString(encoding)}` })).toBeDefined();
    }
  });
});

describe('an HMAC over several parts', () => {
  const map = aMap({
    scheme: 'hmac-sha256',
    header: 'x-signature',
    encoding: 'base64',
    over: ['body', '.', 'header:x-nonce', '.', 'header:x-timestamp'],
    timestamp: 'x-timestamp',
  });
  const seconds = String(NOW.getTime() / 1_000);
  const signed = (time: string, nonce = 'n') =>
    sign('sha256', SECRET, `${BODY.toString()}.${nonce}.${time}`).toString('base64');
  const headers = { 'x-signature': signed(seconds), 'x-nonce': 'n', 'x-timestamp': seconds };

  it('passes what is signed right and in time', () => {
    expect(verdict(map, headers)).toBeUndefined();
  });

  it.each<[string, Headers]>([
    ['another nonce', { ...headers, 'x-nonce': 'm' }],
    ['no nonce', { ...headers, 'x-nonce': undefined }],
    ['a doubled nonce', { ...headers, 'x-nonce': ['n', 'n'] }],
    ['no time', { ...headers, 'x-timestamp': undefined }],
    ['another time', { ...headers, 'x-timestamp': String(Number(seconds) + 1) }],
    [
      'a stale time',
      { ...headers, 'x-timestamp': '1763805000', 'x-signature': signed('1763805000') },
    ],
  ])('refuses %s', (_case, altered) => {
    expect(verdict(map, altered)).toBeDefined();
  });

  it('refuses a definition that does not cover the body', () => {
    const careless = { ...map, over: ['header:x-nonce'] };
    const signature = sign('sha256', SECRET, 'n').toString('base64');

    expect(verdict(careless, { ...headers, 'x-signature': signature })).toBeDefined();
  });

  it('covers the public URL where the sender signs it', () => {
    const withUrl = aMap({ scheme: 'hmac-sha1', header: 'x-signature', over: ['url', 'body'] });
    const text = `https://api.example.com/webhooks/token${BODY.toString()}`;

    const headersOf = (url: string) => ({
      'x-signature': sign('sha1', SECRET, url).toString('hex'),
    });
    expect(verdict(withUrl, headersOf(text))).toBeUndefined();
    expect(verdict(withUrl, headersOf(text.replace('api', 'evil')))).toBe('signature wrong');
  });
});

describe('standard-webhooks', () => {
  const key = Buffer.from('0123456789abcdef01234567');
  const credentials = {
    webhookSecret: `whsec_${key.toString('base64')}`,
    bare: key.toString('base64'),
  };
  const map = aMap({ scheme: 'standard-webhooks' });
  const at = (offset: number) => String(NOW.getTime() / 1_000 + offset);
  const signature = (time = at(0), id = 'msg_1', secret: Buffer = key, body = BODY.toString()) =>
    `v1,${sign('sha256', secret, `${id}.${time}.${body}`).toString('base64')}`;
  const headers = (time = at(0)) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': time,
    'webhook-signature': signature(time),
  });
  const check = (given: Headers, body = BODY) => distrust(map, aRequest(given, body), credentials);

  it.each([0, -299, 299, -300, 300])('passes a time of %i seconds off', (offset) => {
    expect(check(headers(at(offset)))).toBeUndefined();
  });

  it('passes while a secret is rotated, and a secret without its prefix', () => {
    const both = `${signature(at(0), 'msg_1', Buffer.from('old'))} ${signature()}`;

    expect(check({ ...headers(), 'webhook-signature': both })).toBeUndefined();
    const bare = aMap({ scheme: 'standard-webhooks', secret: 'credentials.bare' });
    expect(distrust(bare, aRequest(headers()), credentials)).toBeUndefined();
  });

  const base64 = signature().slice(3);
  it.each<[string, Headers]>([
    ['no id', { ...headers(), 'webhook-id': undefined }],
    ['an empty id', { ...headers(), 'webhook-id': '' }],
    ['another id', { ...headers(), 'webhook-id': 'msg_2' }],
    ['a doubled id', { ...headers(), 'webhook-id': ['msg_1', 'msg_1'] }],
    ['no time', { ...headers(), 'webhook-timestamp': undefined }],
    ['another time', { ...headers(), 'webhook-timestamp': at(1) }],
    ['a stale time', headers(at(-301))],
    ['a future time', headers(at(301))],
    ['a time in words', headers('now')],
    ['a time in milliseconds', headers(`${NOW.getTime()}`)],
    ['a negative time', headers('-1')],
    ['no signature', { ...headers(), 'webhook-signature': undefined }],
    ['an empty signature', { ...headers(), 'webhook-signature': '' }],
    ['a doubled signature', { ...headers(), 'webhook-signature': [signature(), signature()] }],
    ['a cut signature', { ...headers(), 'webhook-signature': signature().slice(0, -4) }],
    ['an extended signature', { ...headers(), 'webhook-signature': `${signature()}AAAA` }],
    ['no version', { ...headers(), 'webhook-signature': base64 }],
    ['another version', { ...headers(), 'webhook-signature': `v1a,${base64}` }],
    [
      'another key',
      { ...headers(), 'webhook-signature': signature(at(0), 'msg_1', Buffer.from('x')) },
    ],
    [
      'an empty key',
      { ...headers(), 'webhook-signature': signature(at(0), 'msg_1', Buffer.alloc(0)) },
    ],
  ])('refuses %s', (_case, given) => {
    expect(check(given)).toEqual(expect.any(String));
  });

  it.each(['{"id":"m-1","status":"read"}', '{"status":"delivered","id":"m-1"}', ''])(
    'refuses the body %j under the signature of another',
    (body) => {
      expect(check(headers(), Buffer.from(body))).toBe('signature wrong');
    },
  );

  it.each(['', 'whsec_', 'whsec_not base64!'])(
    'never passes with the secret %j',
    (webhookSecret) => {
      const forged = {
        ...headers(),
        'webhook-signature': signature(at(0), 'msg_1', Buffer.from(webhookSecret, 'base64')),
      };

      expect(distrust(map, aRequest(forged), { webhookSecret })).toContain('no secret');
    },
  );
});

describe('basic', () => {
  const map = aMap({ scheme: 'basic', username: 'credentials.user' });
  const login = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  const right = login(`receipts:${SECRET}`);

  it('passes name and password, and one credential that holds both', () => {
    expect(verdict(map, { authorization: right })).toBeUndefined();
    expect(verdict(map, { authorization: right.replace('Basic', 'basic') })).toBeUndefined();
    expect(verdict(aMap({ scheme: 'basic' }), { authorization: login(SECRET) })).toBeUndefined();
  });

  it.each<[string, string | string[] | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['a scheme alone', 'Basic '],
    ['doubled as a list', [right, right]],
    ['doubled in one line', `${right}, ${right}`],
    ['another scheme', right.replace('Basic', 'Bearer')],
    ['not encoded', `Basic receipts:${SECRET}`],
    ['another name', login(`other:${SECRET}`)],
    ['an empty name', login(`:${SECRET}`)],
    ['another password', login('receipts:another-secret')],
    ['an empty password', login('receipts:')],
    ['cut', login(`receipts:${SECRET.slice(0, -1)}`)],
    ['extended', login(`receipts:${SECRET}x`)],
    ['another case', login(`RECEIPTS:${SECRET}`)],
    ['encoded twice', login(Buffer.from(`receipts:${SECRET}`).toString('base64'))],
  ])('refuses credentials that are %s', (_case, authorization) => {
    expect(verdict(map, { authorization })).toEqual(expect.any(String));
  });

  it('refuses when the account has no user name', () => {
    const nameless = aMap({ scheme: 'basic', username: 'credentials.empty' });

    expect(verdict(nameless, { authorization: login(`:${SECRET}`) })).toContain('no secret');
  });
});

describe('bearer', () => {
  const map = aMap({ scheme: 'bearer' });

  it('passes the token, or the bare secret in a header of its own', () => {
    expect(verdict(map, { authorization: `Bearer ${SECRET}` })).toBeUndefined();
    const own = aMap({ scheme: 'bearer', header: 'X-Token' });
    expect(verdict(own, { 'x-token': SECRET })).toBeUndefined();
  });

  it.each<[string, string | string[] | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['a scheme alone', 'Bearer '],
    ['without a scheme', SECRET],
    ['of another scheme', `Basic ${SECRET}`],
    ['doubled as a list', [`Bearer ${SECRET}`, `Bearer ${SECRET}`]],
    ['doubled in one line', `Bearer ${SECRET}, Bearer ${SECRET}`],
    ['cut', `Bearer ${SECRET.slice(0, -1)}`],
    ['extended', `Bearer ${SECRET}x`],
    ['in another case', `Bearer ${SECRET.toUpperCase()}`],
    ['another one', 'Bearer another-secret'],
    ['quoted', `Bearer "${SECRET}"`],
    ['followed by a space', `Bearer ${SECRET} `],
  ])('refuses a token that is %s', (_case, authorization) => {
    expect(verdict(map, { authorization })).toEqual(expect.any(String));
  });
});

describe('a definition', () => {
  it('without a signature trusts the unguessable URL', () => {
    expect(distrust(undefined, aRequest({}), {})).toBeUndefined();
    expect(distrust({ scheme: 'none' }, aRequest({}), {})).toBeUndefined();
  });

  it.each(['', 'HMAC-SHA256', 'hmac-md5', 'constructor', '__proto__', 'toString'])(
    'with the unknown scheme %j trusts nobody',
    (scheme) => {
      expect(verdict(aMap({ scheme, header: 'x-signature' }), {})).toBe('unknown signature scheme');
    },
  );

  const secrets = [
    undefined,
    'webhookSecret',
    'credentials.empty',
    'credentials.missing',
    'credentials.__proto__',
    'settings.webhookSecret',
  ];
  it.each(SIGNATURE_SCHEMES.filter((scheme) => scheme !== 'none'))(
    'with %s and no secret trusts nobody',
    (scheme) => {
      for (const secret of secrets) {
        const map: SignatureMap = {
          scheme,
          header: 'x-signature',
          ...(secret === undefined ? {} : { secret }),
        };
        expect(verdict(map, { 'x-signature': sign('sha256', '').toString('hex') })).toContain(
          'no secret',
        );
      }
    },
  );
});
