import {
  aJwt,
  basicHeaders,
  bearer,
  call,
  hex,
  OTHER_TENANT,
  PLATFORM_TOKEN,
  READER_TOKEN,
  someCallers,
  startFrame,
  TENANT,
  TENANT_TOKEN,
  type Answer,
  type Frame,
} from './frame';

const INVENTED_TENANT = '01890000-0000-7000-8000-0000000000ff';
let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(() => frame.close());

const list = (headers: Record<string, string>): Promise<Answer> =>
  call(frame, { method: 'GET', path: '/api/things', headers });
const create = (headers: Record<string, string>): Promise<Answer> =>
  call(frame, {
    path: '/api/things',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"a":1}',
  });
const tenantOf = (answer: Answer): unknown =>
  (answer.json().principal as Record<string, unknown>).tenantId;

describe('access tokens', () => {
  it.each([
    ['Authorization: Bearer', { authorization: `Bearer ${TENANT_TOKEN}` }],
    ['x-api-key', { 'x-api-key': TENANT_TOKEN }],
  ])('prove themselves as %s', async (_what, headers) => {
    const answer = await list(headers);

    expect(answer.status).toBe(200);
    expect(answer.json().principal).toEqual({
      kind: 'access_token',
      id: 't1',
      tenantId: TENANT,
      permissions: ['VIEW_ACTIVITIES', 'MANAGE_ACTIVITY_CONFIG'],
      isPlatform: false,
    });
  });

  it.each([
    ['no token', {}],
    ['an unknown token', { 'x-api-key': 'fdt_unknown' }],
    ['an empty token', { 'x-api-key': '' }],
    ['an account key', basicHeaders()],
  ])("answer %s with a 401 in Reten's shape", async (_what, headers) => {
    const answer = await list(headers);

    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toMatchObject({
      statusCode: 401,
      error: 'Unauthorized',
      message: expect.any(String),
      code: 'unauthorized',
    });
    expect(answer.headers['x-nexmo-trace-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it("do not take an application's JWT, nor does dispatch take them", async () => {
    expect((await list(bearer(await aJwt()))).status).toBe(401);
    expect((await call(frame, { headers: bearer(TENANT_TOKEN), body: '{}' })).status).toBe(401);
  });

  it('two of them in one request are a 401', async () => {
    const answer = await list({ ...bearer(TENANT_TOKEN), 'x-api-key': TENANT_TOKEN });

    expect(answer.status).toBe(401);
    expect(answer.json().code).toBe('multiple_auth_methods');
  });

  it('without the permission of the route are a 403', async () => {
    const answer = await create(bearer(READER_TOKEN));

    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ statusCode: 403, error: 'Forbidden', code: 'forbidden' });
    expect((await list(bearer(READER_TOKEN))).status).toBe(200);
  });

  it('are told from a JWT where a route takes both', async () => {
    const echo = async (headers: Record<string, string>): Promise<unknown> => {
      const answer = await call(frame, { path: '/v1/echo', headers, body: '{}' });
      return (answer.json().principal as Record<string, unknown>).kind;
    };

    expect(await echo(bearer(READER_TOKEN))).toBe('access_token');
    expect(await echo(bearer(await aJwt()))).toBe('application');
    expect(await echo(basicHeaders())).toBe('account_key');
  });

  it('count as revoked within five seconds', async () => {
    const callers = someCallers();
    let at = Date.now();
    const own = await startFrame({ callers, now: () => at });
    const status = async (): Promise<number> =>
      (await call(own, { method: 'GET', path: '/api/things', headers: bearer(TENANT_TOKEN) }))
        .status;

    expect(await status()).toBe(200);
    callers.tokens.delete(hex(TENANT_TOKEN));
    at += 5_000;
    expect(await status()).toBe(401);
    await own.close();
  });
});

describe('x-tenant-id', () => {
  it("may name the token's own tenant", async () => {
    const answer = await list({ ...bearer(TENANT_TOKEN), 'x-tenant-id': TENANT.toUpperCase() });

    expect(tenantOf(answer)).toBe(TENANT);
  });

  it('of another tenant is a 403, real or invented, for every kind of caller', async () => {
    const answers = await Promise.all(
      [OTHER_TENANT, INVENTED_TENANT, 'no-uuid', ''].map((id) =>
        list({ ...bearer(TENANT_TOKEN), 'x-tenant-id': id }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const headers = { ...basicHeaders(), 'x-tenant-id': OTHER_TENANT };
    expect((await call(frame, { headers, body: '{}' })).status).toBe(403);
  });

  it('selects for a token of the platform', async () => {
    const answer = await list({ ...bearer(PLATFORM_TOKEN), 'x-tenant-id': OTHER_TENANT });

    expect(answer.json().principal).toMatchObject({ tenantId: OTHER_TENANT, isPlatform: true });
  });

  it('is required from a token of the platform on tenant routes', async () => {
    const answer = await list(bearer(PLATFORM_TOKEN));

    expect(answer.status).toBe(400);
    expect(answer.json().details).toEqual([{ name: 'x-tenant-id', reason: 'is required' }]);
  });

  it('may be left out by a token of the platform where the route acts for the platform', async () => {
    const answer = await create(bearer(PLATFORM_TOKEN));

    expect(tenantOf(answer)).toBe('00000000-0000-7000-8000-000000000000');
    expect((answer.json().principal as Record<string, unknown>).isPlatform).toBe(true);
  });

  it('of no existing tenant is a 403 for a token of the platform', async () => {
    for (const id of [INVENTED_TENANT, 'no-uuid']) {
      expect((await list({ ...bearer(PLATFORM_TOKEN), 'x-tenant-id': id })).status).toBe(403);
    }
  });
});

describe('paths under /api', () => {
  it("answer every error in Reten's shape", async () => {
    const missing = await call(frame, { path: '/api/nothing' });
    const wrongVerb = await call(frame, { method: 'DELETE', path: '/api/things' });
    const badJson = await call(frame, {
      path: '/api/things',
      headers: bearer(TENANT_TOKEN),
      body: '{',
    });

    expect(missing.json()).toMatchObject({ statusCode: 404, error: 'Not Found' });
    expect(wrongVerb.json()).toMatchObject({ statusCode: 405, error: 'Method Not Allowed' });
    expect(wrongVerb.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    expect(badJson.json()).toMatchObject({ statusCode: 400, code: 'invalid_json' });
  });
});
