import { createHmac } from 'node:crypto';
import type { AccountKey } from '../../api/middleware/caller-directory';
import {
  ACCOUNT,
  aJwt,
  APPLICATION,
  APPLICATION_KEYS,
  basicHeaders,
  bearer,
  call,
  DISPATCH_BODY,
  FOREIGN_KEYS,
  OTHER_TENANT,
  rawCall,
  SECOND_KEYS,
  someCallers,
  startFrame,
  TENANT,
  TENANT_TOKEN,
  type Answer,
  type Frame,
  type JwtOptions,
} from './frame';

const NOW_MS = Date.now();
const now = Math.floor(NOW_MS / 1_000);
let frame: Frame;
beforeAll(async () => {
  frame = await startFrame({ now: () => NOW_MS });
});
afterAll(() => frame.close());

const login = (headers: Record<string, string>, body = DISPATCH_BODY): Promise<Answer> =>
  call(frame, { headers: { 'content-type': 'application/json', ...headers }, body });
const jwt = async (options?: JwtOptions): Promise<Answer> => login(bearer(await aJwt(options)));

function expectUnauthorized(answer: Answer, type = '#unauthorized'): void {
  expect(answer.status).toBe(401);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['www-authenticate']).toContain('Basic realm=');
  expect(answer.json()).toMatchObject({ type: expect.stringContaining(type) });
}

describe('Basic', () => {
  it('proves the account key, which names tenant and default application', async () => {
    const answer = await call(frame, { path: '/v1/echo', headers: basicHeaders(), body: '{}' });

    expect(answer.json().principal).toEqual({
      kind: 'account_key',
      id: ACCOUNT.id,
      tenantId: TENANT,
      applicationId: APPLICATION,
      permissions: ['SEND_DISPATCH', 'CONTROL_DISPATCH'],
      isPlatform: false,
    });
  });

  it('takes both live secrets, also one with a colon, and any spelling of the scheme', async () => {
    const { authorization = '' } = basicHeaders(ACCOUNT.oldSecret);

    expect((await login(basicHeaders())).status).toBe(202);
    expect((await login({ authorization })).status).toBe(202);
    expect((await login({ authorization: authorization.replace('Basic', 'bASIC ') })).status).toBe(
      202,
    );
  });

  it.each([
    ['a wrong secret', basicHeaders('wrong')],
    ['an empty secret', basicHeaders('')],
    ['a secret that is longer', basicHeaders(`${ACCOUNT.secret}x`)],
    ['an unknown id', basicHeaders(ACCOUNT.secret, 'ffffffff')],
    ['an id of another form', basicHeaders(ACCOUNT.secret, 'ABCD1234')],
    ['no colon', { authorization: `Basic ${Buffer.from('abcd1234').toString('base64')}` }],
    ['no base64', { authorization: 'Basic ???' }],
    ['nothing after the scheme', { authorization: 'Basic' }],
    ['an unknown scheme', { authorization: 'Digest abc' }],
  ])('contract 9.31 answers %s with a JSON 401', async (_what, headers) => {
    expectUnauthorized(await login(headers));
  });

  it('answers a wrong secret and an unknown id with the same words', async () => {
    const wrong = (await login(basicHeaders('wrong'))).json();
    const unknown = (await login(basicHeaders('wrong', 'ffffffff'))).json();

    expect({ ...wrong, instance: '' }).toEqual({ ...unknown, instance: '' });
    expect(wrong.detail).toBe('You did not provide correct credentials.');
  });

  it('asks for credentials before it looks at media types and body', async () => {
    expectUnauthorized(await login({ 'content-type': 'text/plain' }, 'no json'));
    expectUnauthorized(await login({ accept: 'text/html' }, '['.repeat(50)));
  });

  it('says which header is missing', async () => {
    const { title, detail } = (await login({})).json();

    expect(title).toBe('Unauthorised');
    expect(detail).toBe("Request header 'Authorization' missing");
  });

  it('believes a key for three seconds and no longer, and asks for unknown ones every time', async () => {
    const callers = someCallers();
    let at = NOW_MS;
    const own = await startFrame({ callers, now: () => at });
    const status = async (id: string = ACCOUNT.id): Promise<number> =>
      (await call(own, { headers: basicHeaders(ACCOUNT.secret, id), body: '{}' })).status;

    await status();
    await status();
    expect(callers.asked.accounts).toBe(1);

    const known = callers.accounts.get(ACCOUNT.id);
    callers.accounts.delete(ACCOUNT.id);
    at += 2_900;
    expect(await status()).toBe(202);
    at += 101;
    expect(await status()).toBe(401);

    callers.accounts.set('0000aaaa', { ...(known as AccountKey), id: '0000aaaa' });
    expect(await status('0000aaaa')).toBe(202);
    await own.close();
  });
});

describe('contract 9.30 both auth methods at once are a 401', () => {
  it('in two Authorization headers', async () => {
    const answer = await rawCall(
      frame,
      [
        'POST /v0.1/dispatch HTTP/1.1',
        'Host: x',
        `Authorization: ${basicHeaders().authorization}`,
        `Authorization: Bearer ${await aJwt()}`,
        'Content-Length: 0',
        'Connection: close',
        '',
        '',
      ].join('\r\n'),
    );

    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toContain('#multiple-auth-methods');
  });

  it('in one header joined by a comma', async () => {
    const authorization = `${basicHeaders().authorization}, Bearer ${await aJwt()}`;

    expectUnauthorized(await login({ authorization }), '#multiple-auth-methods');
  });

  it('in Authorization and x-api-key', async () => {
    const answer = await login({ ...basicHeaders(), 'x-api-key': TENANT_TOKEN });

    expectUnauthorized(answer, '#multiple-auth-methods');
  });
});

describe('contract 9.28 JWT', () => {
  it('contract 6 takes a token of iat, jti and application_id alone', async () => {
    const headers = bearer(await aJwt({ claims: { iat: now } }));
    const answer = await call(frame, { path: '/v1/echo', headers, body: '{}' });

    expect(answer.json().principal).toEqual({
      kind: 'application',
      id: APPLICATION,
      tenantId: TENANT,
      applicationId: APPLICATION,
      permissions: ['SEND_DISPATCH', 'CONTROL_DISPATCH'],
      isPlatform: false,
    });
  });

  it.each([
    ['signed by the second key', { privateKey: SECOND_KEYS.privateKey }],
    ['whose kid names its key', { privateKey: SECOND_KEYS.privateKey, header: { kid: 'two' } }],
    ['with exp one hour ahead', { claims: { iat: now, exp: now + 3_600 } }],
    ['with the shortest exp', { claims: { iat: now, exp: now + 30 } }],
    ['with exp beyond a day, on its first day', { claims: { iat: now - 80_000, exp: now + 1e6 } }],
    ['without exp, nearly 15 minutes old', { claims: { iat: now - 899 } }],
    ['that ended within the tolerance', { claims: { iat: now - 904 } }],
    ['that begins within the tolerance', { claims: { iat: now + 4, nbf: now + 4 } }],
    ['with a capital application_id', { claims: { application_id: APPLICATION.toUpperCase() } }],
    ['with sub and other claims', { claims: { sub: 'user', foo: 'bar' } }],
  ] satisfies [string, JwtOptions][])('takes a token %s', async (_what, options) => {
    expect((await jwt(options)).status).toBe(202);
  });

  it.each([
    ['of a foreign key', { privateKey: FOREIGN_KEYS.privateKey }],
    ['whose kid names the other key', { header: { kid: 'two' } }],
    ['whose kid names no key', { header: { kid: 'three' } }],
    ['without application_id', { without: ['application_id'] }],
    ['without iat', { without: ['iat'] }],
    ['without iat but with exp', { without: ['iat'], claims: { exp: now + 60 } }],
    ['without jti', { without: ['jti'] }],
    ['with an empty jti', { claims: { jti: '' } }],
    ['of an unknown application', { claims: { application_id: OTHER_TENANT } }],
    ['whose application is no uuid', { claims: { application_id: "' or 1=1" } }],
    ['without exp, older than 15 minutes', { claims: { iat: now - 906 } }],
    ['whose exp has passed', { claims: { iat: now - 100, exp: now - 6 } }],
    ['whose exp is under 30 s after iat', { claims: { iat: now, exp: now + 29 } }],
    ['whose exp is before iat', { claims: { iat: now, exp: now - 1 } }],
    ['older than a day, whatever exp says', { claims: { iat: now - 86_406, exp: now + 1e6 } }],
    ['from the future', { claims: { iat: now + 6 } }],
    ['not valid yet', { claims: { nbf: now + 6 } }],
    ['that brings its own key by URL', { header: { jku: 'https://evil.example/keys' } }],
    ['that brings its own certificate', { header: { x5u: 'https://evil.example/cert' } }],
  ] satisfies [string, JwtOptions][])('refuses a token %s', async (_what, options) => {
    const before = frame.handled();

    expectUnauthorized(await jwt(options));
    expect(frame.handled()).toBe(before);
  });

  it.each(['none', 'HS256', 'RS512', 'PS256'])('refuses the algorithm %s', async (alg) => {
    const part = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { application_id: APPLICATION, iat: now, jti: 'x' };
    const signed = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
    // The classic confusion: the public key taken for the secret of a MAC.
    const mac = createHmac('sha256', APPLICATION_KEYS.publicKey).update(signed).digest('base64url');

    expectUnauthorized(await login(bearer(`${signed}.${alg === 'none' ? '' : mac}`)));
  });

  it('refuses a token with one altered byte in any part', async () => {
    const parts = (await aJwt({ claims: { iat: now } })).split('.');
    for (const [index, part] of parts.entries()) {
      const middle = Math.floor(part.length / 2);
      const altered = part[middle] === 'A' ? 'B' : 'A';
      const forged = parts.with(index, part.slice(0, middle) + altered + part.slice(middle + 1));

      expectUnauthorized(await login(bearer(forged.join('.'))));
    }
  });

  it('contract 9.29 takes the same jti twice', async () => {
    const headers = bearer(await aJwt({ claims: { iat: now, jti: 'same' } }));

    expect((await login(headers)).status).toBe(202);
    expect((await login(headers)).status).toBe(202);
  });

  it('counts a revoked key within five seconds', async () => {
    const callers = someCallers();
    let at = NOW_MS;
    const own = await startFrame({ callers, now: () => at });
    const headers = bearer(await aJwt({ claims: { iat: now } }));
    const status = async (): Promise<number> => (await call(own, { headers, body: '{}' })).status;

    expect(await status()).toBe(202);
    callers.applications.delete(APPLICATION);
    at += 5_000;
    expect(await status()).toBe(401);
    await own.close();
  });
});

describe('contract 9.28 acl.paths', () => {
  const withPaths = (paths: unknown): Promise<Answer> =>
    jwt({ claims: { iat: now, acl: { paths } } });

  it.each(['/*/dispatch/**', '/v0.1/dispatch/**', '/v0.1/dispatch', '/**', '/*/*', '/v0.*/disp*'])(
    'lets %s send',
    async (pattern) => {
      expect((await withPaths({ '/other': {}, [pattern]: {} })).status).toBe(202);
    },
  );

  it.each([
    '/*/users/**',
    '/dispatch',
    '/v1/dispatch/**',
    '/*',
    '/v0.1/dispatch/*',
    '',
    'dispatch',
  ])('answers 403 where only %s is open', async (pattern) => {
    const answer = await withPaths({ [pattern]: {} });

    expect(answer.status).toBe(403);
    expect(answer.json().type).toMatch(/#forbidden$/);
  });

  it('keeps to the methods of a rule and opens nothing by a rule it does not understand', async () => {
    expect((await withPaths({ '/**': { methods: ['POST'] } })).status).toBe(202);
    expect((await withPaths({ '/**': { methods: ['GET'] } })).status).toBe(403);
    expect((await withPaths({ '/**': { filters: { to: '1' } } })).status).toBe(403);
    expect((await withPaths({ '/**': null })).status).toBe(403);
    expect((await withPaths({})).status).toBe(403);
    expect((await withPaths(undefined)).status).toBe(403);
  });

  it('ends quickly for a pattern made to be slow', async () => {
    const pattern = '/**/*a'.repeat(80);
    const begun = performance.now();

    expect((await withPaths({ [pattern]: {} })).status).toBe(403);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
