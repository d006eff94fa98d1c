import fc from 'fast-check';
import { addDecimals, isDecimal, totalsByCurrency, totalUsage } from '../../domain/usage';

const digits = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });
const decimal = fc
  .tuple(digits(1, 12), fc.option(digits(1, 12), { nil: undefined }))
  .map(([whole, fraction]) => (fraction === undefined ? whole : `${whole}.${fraction}`));
const usage = fc.record({ price: decimal, currency: fc.constantFrom('EUR', 'USD', 'GBP') });
const messages = fc.array(fc.record({ usage }, { requiredKeys: [] }), { maxLength: 8 });

/** The amount in billionths of a thousandth, computed another way than the code under test does. */
function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'));
}

describe('addDecimals', () => {
  test.each([
    ['0.0333', '0.0020', '0.0353'],
    ['0.1', '0.2', '0.3'],
    ['0.999', '0.001', '1'],
    ['12', '0.5', '12.5'],
    ['0', '0.00', '0'],
    ['007', '0.10', '7.1'],
    ['9007199254740993', '0.000000000001', '9007199254740993.000000000001'],
  ])('%s and %s make %s', (left, right, sum) => {
    expect(addDecimals(left, right)).toBe(sum);
  });

  test('is exact, whatever the scales', () => {
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        expect(units(addDecimals(left, right))).toBe(units(left) + units(right));
      }),
    );
  });

  test('does not care for order or grouping', () => {
    fc.assert(
      fc.property(decimal, decimal, decimal, (a, b, c) => {
        expect(addDecimals(a, b)).toBe(addDecimals(b, a));
        expect(addDecimals(addDecimals(a, b), c)).toBe(addDecimals(a, addDecimals(b, c)));
      }),
    );
  });

  test('gives the shortest spelling', () => {
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        expect(addDecimals(left, right)).toMatch(/^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/);
      }),
    );
  });

  test.each(['', '-1', '1e3', '.5', '5.', '1,5', ' 1', 'NaN', '1\n'])('refuses %j', (text) => {
    expect(isDecimal(text)).toBe(false);
    expect(() => addDecimals('1', text)).toThrow(RangeError);
  });
});

describe('totalUsage', () => {
  test('contract 9.22 is the sum of message prices and the fee', () => {
    const total = totalUsage(
      [{}, { usage: { price: '0.0333', currency: 'EUR' } }],
      'EUR',
      '0.0020',
    );

    expect(total).toEqual({ price: '0.0353', currency: 'EUR' });
  });

  test('contract 9.22 is 0 when nothing was charged', () => {
    expect(totalUsage([{}, {}], 'EUR')).toEqual({ price: '0', currency: 'EUR' });
    expect(totalUsage([], 'EUR', '0.00')).toEqual({ price: '0', currency: 'EUR' });
  });

  test('contract 9.23 leaves prices in other currencies out', () => {
    const charged = [
      { usage: { price: '1', currency: 'USD' } },
      { usage: { price: '2', currency: 'EUR' } },
    ];

    expect(totalUsage(charged, 'EUR', '0.5')).toEqual({ price: '2.5', currency: 'EUR' });
  });

  test('does not care for the order of messages', () => {
    fc.assert(
      fc.property(messages, decimal, (charged, fee) => {
        expect(totalUsage([...charged].reverse(), 'EUR', fee)).toEqual(
          totalUsage(charged, 'EUR', fee),
        );
      }),
    );
  });
});

describe('totalsByCurrency', () => {
  test('contract 9.23 gives the own currency first, with the fee, then the others', () => {
    const charged = [
      { usage: { price: '1', currency: 'USD' } },
      { usage: { price: '3', currency: 'GBP' } },
      {},
      { usage: { price: '2', currency: 'USD' } },
    ];

    expect(totalsByCurrency(charged, 'EUR', '0.5')).toEqual([
      { price: '0.5', currency: 'EUR' },
      { price: '3', currency: 'GBP' },
      { price: '3', currency: 'USD' },
    ]);
  });

  test('loses nothing: all totals together are all prices and the fee', () => {
    fc.assert(
      fc.property(messages, decimal, (charged, fee) => {
        const totals = totalsByCurrency(charged, 'EUR', fee).map(({ price }) => units(price));
        const prices = charged.map((message) => units(message.usage?.price ?? '0'));
        const sum = (values: bigint[]) => values.reduce((all, value) => all + value, 0n);

        expect(sum(totals)).toBe(sum(prices) + units(fee));
      }),
    );
  });
});
