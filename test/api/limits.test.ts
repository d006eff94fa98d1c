import { addressGroup, createKeyLimiter } from '../../api/middleware/limits';
import { createLoadGauge } from '../../api/middleware/load-gauge';
import { until } from '../support/until';
import { aJwt, basicHeaders, bearer, call, startFrame, type Frame } from './frame';

const frames: Frame[] = [];
afterAll(() => Promise.all(frames.map((frame) => frame.close())));

async function frameWith(options: Parameters<typeof startFrame>[0]): Promise<Frame> {
  const frame = await startFrame(options);
  frames.push(frame);
  return frame;
}

const statuses = async (
  frame: Frame,
  count: number,
  headers: Record<string, string> = basicHeaders(),
): Promise<number[]> => {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    found.push((await call(frame, { headers, body: '{}' })).status);
  }
  return found;
};

describe('requests per key', () => {
  it('answers 429 with Retry-After and a JSON body beyond the burst, and goes on at the rate', async () => {
    let at = 1_000_000;
    const frame = await frameWith({ rateLimit: { perSecond: 2, burst: 3 }, now: () => at });

    expect(await statuses(frame, 4)).toEqual([202, 202, 202, 429]);
    const refused = await call(frame, { headers: basicHeaders(), body: '{}' });
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.json()).toMatchObject({ title: 'Rate Limit Hit' });

    at += 500;
    expect(await statuses(frame, 2)).toEqual([202, 429]);
  });

  it('counts each caller for itself', async () => {
    const frame = await frameWith({ rateLimit: { perSecond: 1, burst: 1 } });

    expect(await statuses(frame, 2)).toEqual([202, 429]);
    expect(await statuses(frame, 2, bearer(await aJwt()))).toEqual([202, 429]);
  });

  it('does not count strangers and is off at 0', async () => {
    const limited = await frameWith({ rateLimit: { perSecond: 1, burst: 1 } });
    const free = await frameWith({ rateLimit: { perSecond: 0, burst: 1 } });

    expect(await statuses(limited, 3, basicHeaders('wrong'))).toEqual([401, 401, 401]);
    expect(await statuses(limited, 1)).toEqual([202]);
    expect(new Set(await statuses(free, 20))).toEqual(new Set([202]));
  });

  it('lets through the rate and the burst over any time, and nothing more', () => {
    let at = 0;
    const count = createKeyLimiter({ perSecond: 30, burst: 60 }, () => at);
    let passed = 0;
    for (; at <= 10_000; at += 5) {
      try {
        count('key');
        passed += 1;
      } catch {
        // Refused: not counted.
      }
    }

    expect(passed).toBeLessThanOrEqual(60 + 30 * 10);
    expect(passed).toBeGreaterThan(60 + 30 * 10 - 5);
  });

  it('takes no tokens away when the clock goes back', () => {
    let at = 10_000;
    const count = createKeyLimiter({ perSecond: 1, burst: 2 }, () => at);
    count('key');

    at = 0;

    expect(() => count('key')).not.toThrow();
  });
});

describe('failed logins per address', () => {
  it('answers 429 beyond the limit, but a right secret always passes', async () => {
    const frame = await frameWith({ failedLoginsPerMinute: 3 });

    expect(await statuses(frame, 4, basicHeaders('wrong'))).toEqual([401, 401, 401, 429]);
    const refused = await call(frame, { headers: basicHeaders('wrong'), body: '{}' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.json()).toMatchObject({ title: 'Rate Limit Hit' });
    expect(await statuses(frame, 2)).toEqual([202, 202]);
  });

  it('counts forged tokens like wrong secrets, and requests without credentials not at all', async () => {
    const frame = await frameWith({ failedLoginsPerMinute: 2 });

    expect(await statuses(frame, 3, { 'content-type': 'application/json' })).toEqual([
      401, 401, 401,
    ]);
    expect(await statuses(frame, 3, bearer('a.b.c'))).toEqual([401, 401, 429]);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('groups %s as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('overload', () => {
  it('sheds accepts first, with 503 and Retry-After, and nothing else', async () => {
    const frame = await frameWith({ load: { isOverloaded: () => true, close: () => undefined } });

    const accept = await call(frame, { headers: basicHeaders(), body: '{}' });
    const receipt = await call(frame, { path: '/webhooks/tok', body: '{}' });

    expect(accept.status).toBe(503);
    expect(accept.headers['retry-after']).toBe('1');
    expect(accept.json().type).toMatch(/#service-unavailable$/);
    expect(receipt.status).toBe(200);
    expect(frame.handled()).toBe(1);
  });

  it('is a loop that runs late for a while, not one that idles', async () => {
    const gauge = createLoadGauge({ maxEventLoopDelayMs: 50, maxConnectionWaits: 10 });

    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(gauge.isOverloaded()).toBe(false);

    await until(() => {
      const end = performance.now() + 150;
      while (performance.now() < end) {
        // Keeps the event loop busy.
      }
      return gauge.isOverloaded();
    });
    await until(() => !gauge.isOverloaded());
    gauge.close();
  });

  it('is a queue for database connections beyond its limit', () => {
    let waits = 10;
    const gauge = createLoadGauge({
      maxEventLoopDelayMs: 10_000,
      maxConnectionWaits: 10,
      connectionWaits: () => waits,
    });

    expect(gauge.isOverloaded()).toBe(false);
    waits = 11;
    expect(gauge.isOverloaded()).toBe(true);
    gauge.close();
  });
});
