import fc from 'fast-check';
import { JSON_DEPTH_MAX, parseLosslessJson } from '../../providers/lossless-json';

describe('parsing JSON', () => {
  test.each([
    ['{"id":9007199254740993}', { id: '9007199254740993' }],
    ['{"id":9007199254740991}', { id: 9007199254740991 }],
    ['[-9007199254740993]', ['-9007199254740993']],
    ['{"id":12345678901234567890123}', { id: '12345678901234567890123' }],
    ['{"price":0.0333}', { price: 0.0333 }],
    ['{"x":0.12345678901234567890}', { x: 0.12345678901234568 }],
    ['{"x":1e3}', { x: 1000 }],
    ['{"id":1,"id":2,"big":9007199254740993}', { id: 2, big: '9007199254740993' }],
    ['{"text":"9007199254740993"}', { text: '9007199254740993' }],
    ['"{[{[{["', '{[{[{['],
    ['"\\"{"', '"{'],
  ])('%s gives %j', (text, value) => {
    expect(parseLosslessJson(text)).toEqual(value);
  });

  test.each(['', '{', '{"a":}', '[1,]', 'undefined', '{"a":9007199254740993', '"\\', '01'])(
    'refuses %j',
    (text) => {
      expect(() => parseLosslessJson(text)).toThrow(SyntaxError);
    },
  );

  it('takes the deepest nesting allowed and nothing deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

    expect(() => parseLosslessJson(nested(JSON_DEPTH_MAX))).not.toThrow();
    expect(() => parseLosslessJson(nested(JSON_DEPTH_MAX + 1))).toThrow('too deep');
    expect(() => parseLosslessJson('[{"a":'.repeat(500_000))).toThrow('too deep');
  });

  test.each(['{"__proto__":{"x":1}}', '{"__proto__":{"x":1},"big":9007199254740993}'])(
    'keeps %s an ordinary key',
    (text) => {
      const value = parseLosslessJson(text) as object;

      expect(Object.hasOwn(value, '__proto__')).toBe(true);
      expect('x' in value).toBe(false);
    },
  );

  it('is not slowed by quotes that never close', () => {
    const startedAt = performance.now();

    expect(() => parseLosslessJson(`"${'\\"'.repeat(200_000)}`)).toThrow(SyntaxError);

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('agrees with JSON.parse wherever a double holds every number', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const parsed = parseLosslessJson(text.replace(/^\[/, '[  '));
        expect(JSON.stringify(parsed)).toBe(JSON.stringify(lossless(JSON.parse(text))));
      }),
    );
  });
});

/** What the parser makes of integers beyond 2^53. */
function lossless(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return /^-?\d+$/.test(JSON.stringify(value)) ? JSON.stringify(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map(lossless);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, lossless(item)]))
    : value;
}
