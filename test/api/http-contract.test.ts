import { gzipSync } from 'node:zlib';
import { basicHeaders, call, DISPATCH_BODY, rawCall, startFrame, type Frame } from './frame';

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(() => frame.close());

const post = (
  headers: Record<string, string>,
  body: string | Buffer = DISPATCH_BODY,
  path?: string,
) => call(frame, { headers: { ...basicHeaders(), ...headers }, body, ...(path && { path }) });

/** What every problem looks like, whatever its cause. */
function expectProblem(
  answer: Awaited<ReturnType<typeof call>>,
  status: number,
  type: string,
): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  const body = answer.json();
  expect(body.type).toMatch(new RegExp(`${type}$`));
  expect(body.title).toEqual(expect.any(String));
  expect(body.detail).toEqual(expect.any(String));
  expect(body.instance).toMatch(/^[0-9a-f]{32}$/);
  expect(answer.headers['x-nexmo-trace-id']).toBe(body.instance);
}

describe('contract 3: success', () => {
  it('answers 202 with a JSON body that holds dispatch_uuid alone', async () => {
    const answer = await post({});

    expect(answer.status).toBe(202);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(Object.keys(answer.json())).toEqual(['dispatch_uuid']);
    expect(answer.headers['x-nexmo-trace-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(['/v0.1/dispatch', '/v0.1/dispatch/', '/v0.1/dispatch?', '/v0.1/dispatch/?'])(
    'contract 9.1 serves %s alike',
    async (path) => {
      expect((await post({}, DISPATCH_BODY, path)).status).toBe(202);
    },
  );

  it('contract 6 ignores unknown query parameters', async () => {
    const path = '/v0.1/dispatch?timestamp=1540000000&sig=abc&sig=def&__proto__=x';

    expect((await post({}, DISPATCH_BODY, path)).status).toBe(202);
  });

  it('contract 6 serves several requests over one kept connection', async () => {
    const { authorization } = basicHeaders();
    const one = (connection: string): string =>
      [
        'POST /v0.1/dispatch HTTP/1.1',
        'Host: x',
        `Authorization: ${authorization}`,
        'content-type: application/json',
        `Content-Length: ${DISPATCH_BODY.length}`,
        `Connection: ${connection}`,
        '',
        DISPATCH_BODY,
      ].join('\r\n');

    const answer = await rawCall(frame, one('keep-alive') + one('close'));

    expect(answer.match(/HTTP\/1\.1 202 Accepted/g)).toHaveLength(2);
    expect(answer).toContain('Keep-Alive: timeout=65');
  });

  it('takes a body that comes in chunks without a length', async () => {
    const answer = await call(frame, {
      headers: { ...basicHeaders(), 'transfer-encoding': 'chunked' },
      body: DISPATCH_BODY,
    });

    expect(answer.status).toBe(202);
  });
});

describe('contract 3: refusals', () => {
  it('404 with a problem for a path that does not exist', async () => {
    expectProblem(await call(frame, { path: '/v0.1/nothing' }), 404, 'api-errors#not-found');
    expectProblem(await call(frame, { path: '/V0.1/Dispatch' }), 404, 'api-errors#not-found');
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'HEAD'])(
    '405 with Allow for %s on the dispatch path',
    async (method) => {
      const answer = await call(frame, { method, headers: basicHeaders() });

      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('POST, OPTIONS');
      if (method !== 'HEAD') {
        expectProblem(answer, 405, 'api-errors#wrong-verb');
        expect(answer.json().title).toBe('Request method not allowed');
      }
    },
  );

  it('405 lists every method of the path, whichever route comes first', async () => {
    const answer = await call(frame, { method: 'PUT', path: '/webhooks/abc' });

    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
  });

  it.each(['text/html', 'application/xml', 'application/json;q=0', 'garbage'])(
    '406 for Accept: %s',
    async (accept) => {
      expectProblem(await post({ accept }), 406, 'api-errors#accept-header');
    },
  );

  it.each([
    'application/json',
    '*/*',
    'application/*;q=0.5',
    'text/html, application/json;q=0.1',
    'application/problem+json',
    'APPLICATION/JSON',
    '',
  ])('takes Accept: %s', async (accept) => {
    expect((await post({ accept })).status).toBe(202);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-16',
    '',
  ])('415 for Content-Type: %s', async (type) => {
    expectProblem(await post({ 'content-type': type }), 415, 'api-errors#content-type-header');
  });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('takes Content-Type: %s', async (type) => {
    expect((await post({ 'content-type': type })).status).toBe(202);
  });

  it('415 for a compressed body', async () => {
    const answer = await post({ 'content-encoding': 'gzip' }, gzipSync(DISPATCH_BODY));

    expectProblem(answer, 415, 'api-errors#content-type-header');
  });

  it.each([
    ['nothing', ''],
    ['half an object', '{"template":'],
    ['a comment', '{/* no */}'],
    ['two values', '{}{}'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('400 Malformed JSON for %s', async (_what, body) => {
    const answer = await post({}, body);

    expectProblem(answer, 400, 'api-errors#invalid-json');
    expect(answer.json().title).toBe('Malformed JSON');
  });

  it('400 for JSON nested deeper than 20, before anything is parsed', async () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

    expect((await post({}, nested(20))).status).toBe(202);
    expectProblem(await post({}, nested(21)), 400, 'api-errors#invalid-json');
    expectProblem(await post({}, '['.repeat(100_000)), 400, 'api-errors#invalid-json');
  });

  it('counts no brackets inside of strings', async () => {
    const body = JSON.stringify({ text: `\\"${'['.repeat(50)}`, ']': '{{{{{{{{{{{{{{{{{{{{{{' });

    expect((await post({}, body)).status).toBe(202);
  });

  it('413 beyond 256 KiB, announced or not, and 202 at the limit', async () => {
    const bodyOf = (size: number): string => `"${'x'.repeat(size - 2)}"`;
    const limit = 256 * 1024;

    expect((await post({}, bodyOf(limit))).status).toBe(202);
    expectProblem(await post({}, bodyOf(limit + 1)), 413, '#payload-too-large');
    expectProblem(
      await post({ 'transfer-encoding': 'chunked' }, bodyOf(limit + 1)),
      413,
      '#payload-too-large',
    );
  });

  it('413 reaches a caller that goes on sending megabytes', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    const answer = await post(headers, Buffer.alloc(5 * 1024 * 1024, 'x'));

    expectProblem(answer, 413, '#payload-too-large');
  });

  it('500 with a fixed sentence for a fault of ours, which only the log tells', async () => {
    const logLines: string[] = [];
    const logged = await startFrame({ logLines });

    const answer = await call(logged, { method: 'GET', path: '/v1/fail/XYZ' });

    await logged.close();
    expectProblem(answer, 500, '#internal-error');
    expect(answer.text).not.toMatch(/hunter2|stack|Error:/);
    const line = logLines.map((text) => JSON.parse(text)).find(({ level }) => level === 'error');
    expect(line).toMatchObject({ msg: 'request failed', traceId: answer.json().instance });
    expect(line.err.message).toContain('hunter2');
  });

  it.each(['ECONNREFUSED', '57P01', '53300', '25006', '08006', '57014'])(
    '503 with Retry-After when the database says %s',
    async (code) => {
      const answer = await call(frame, { method: 'GET', path: `/v1/fail/${code}` });

      expectProblem(answer, 503, '#service-unavailable');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.text).not.toContain('hunter2');
    },
  );

  it('400 for a path that cannot be decoded', async () => {
    expect((await call(frame, { method: 'GET', path: '/v1/fail/%E0%A4%A' })).status).toBe(400);
  });
});

describe('contract 11: the links of callbacks load', () => {
  it.each([
    '/v0.1/dispatch/abc',
    '/v0.1/dispatch/abc/',
    '/workflows/abc',
    '/v1/dispatches/abc',
    '/v0.1/messages/abc',
  ])('GET %s', async (path) => {
    const { authorization = '' } = basicHeaders();
    const answer = await call(frame, { method: 'GET', path, headers: { authorization } });

    expect(answer.status).toBe(200);
    expect(answer.json().params).toEqual({ id: 'abc' });
    expect((await call(frame, { method: 'GET', path })).status).toBe(401);
  });
});

describe('other methods', () => {
  it('answers OPTIONS with the methods of the path and nothing else', async () => {
    const answer = await call(frame, { method: 'OPTIONS', path: '/v0.1/dispatch/' });

    expect(answer.status).toBe(204);
    expect(answer.headers.allow).toBe('POST, OPTIONS');
    expect(answer.text).toBe('');
  });

  it('answers HEAD like GET without the body', async () => {
    const get = await call(frame, { method: 'GET', path: '/livez' });
    const head = await call(frame, { method: 'HEAD', path: '/livez' });

    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });
});

describe('headers of every answer', () => {
  it.each(['/v0.1/dispatch', '/nothing', '/livez'])('%s: safe and not stored', async (path) => {
    const { headers } = await call(frame, { method: 'GET', path });

    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('etag');
    expect(headers).not.toHaveProperty('server');
  });

  it('gives each request a trace id of its own', async () => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => (await post({})).headers['x-nexmo-trace-id']),
    );

    expect(new Set(ids).size).toBe(5);
  });
});

describe('receipts', () => {
  it('reach their handler byte for byte, without credentials and of any type', async () => {
    const body = Buffer.from([0x00, 0xff, 0x7b, 0x22]);

    const answer = await call(frame, {
      path: '/webhooks/tok',
      headers: { 'content-type': 'application/json', accept: 'text/html' },
      body,
    });

    expect(answer.status).toBe(200);
    expect(answer.text).toBe(`POST tok ${body.toString('hex')}`);
  });

  it('are refused beyond 256 KiB', async () => {
    const answer = await call(frame, { path: '/webhooks/tok', body: Buffer.alloc(262_145) });

    expectProblem(answer, 413, '#payload-too-large');
  });

  it('take GET for providers that verify a URL', async () => {
    expect((await call(frame, { method: 'GET', path: '/webhooks/tok' })).text).toBe('GET tok ');
  });

  it('leave no token in the log', async () => {
    const logLines: string[] = [];
    const logged = await startFrame({ logLines });

    await call(logged, { path: '/webhooks/very-secret', body: '{}' });

    await logged.close();
    expect(logLines.join('')).toContain('/webhooks/:token');
    expect(logLines.join('')).not.toContain('very-secret');
  });
});
