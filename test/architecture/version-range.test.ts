import { accepts } from './version-range';

it.each(['>=20', '>= 18.0.0', '^18 || >=20.1', '20.x', '20.20', '~20.20.0', '>=18 <21', '*'])(
  'takes 20.20.0 for %s',
  (range) => {
    expect(accepts(range, '20.20.0')).toBe(true);
  },
);

it.each(['>=22', '^18 || ^22', '18.*', '20.19.x', '<20', '>=18 <20', '^20.21.0'])(
  'refuses 20.20.0 for %s',
  (range) => {
    expect(accepts(range, '20.20.0')).toBe(false);
  },
);

it('refuses to guess', () => {
  expect(() => accepts('newest', '20.20.0')).toThrow('unknown version range');
});
