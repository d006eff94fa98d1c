import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { KeyRingError, parseKeyRing } from '../../store/key-ring';

const random = (): string => randomBytes(32).toString('base64');

test('the first key seals and every key is found by its id', () => {
  const ring = parseKeyRing(`k2:${random()}, k1:${random()},`);

  expect(ring.newest.id).toBe('k2');
  expect(ring.find('k1')?.id).toBe('k1');
  expect(ring.find('k3')).toBeUndefined();
});

test('keys in the URL alphabet and without padding are read as well', () => {
  const bytes = randomBytes(32);

  const ring = parseKeyRing(`k1:${bytes.toString('base64url')}`);

  expect(ring.newest.key.export()).toEqual(bytes);
});

const same = random();

test.each<[string, string, RegExp]>([
  ['nothing', '', /holds no key/],
  ['only a comma', ',', /holds no key/],
  ['no id', random(), /entry 1 has no valid id/],
  ['an empty id', `:${random()}`, /entry 1 has no valid id/],
  ['an id with a space', `k 1:${random()}`, /entry 1 has no valid id/],
  ['31 bytes', `k1:${randomBytes(31).toString('base64')}`, /exactly 32 bytes/],
  ['33 bytes', `k1:${randomBytes(33).toString('base64')}`, /exactly 32 bytes/],
  ['hex', `k1:${randomBytes(32).toString('hex')}`, /exactly 32 bytes/],
  ['a placeholder', 'k1:<base64>', /exactly 32 bytes/],
  ['the same id twice', `k1:${random()},k1:${random()}`, /id k1 occurs twice/],
  ['the same key twice', `k2:${same},k1:${same}`, /keys k2 and k1 are the same/],
  ['zeros', `k1:${Buffer.alloc(32).toString('base64')}`, /is a sample/],
  ['a word', `k1:${Buffer.from('change-me-change-me-change-me-ab').toString('base64')}`, /sample/],
  ['digits', `k1:${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`, /sample/],
  [
    'a count',
    `k1:${Buffer.from(Array.from({ length: 32 }, (_, n) => n)).toString('base64')}`,
    /sample/,
  ],
  ['a pattern', `k1:${Buffer.alloc(32, randomBytes(8)).toString('base64')}`, /is a sample/],
])('refuses %s', (_what, text, reason) => {
  expect(() => parseKeyRing(text)).toThrow(KeyRingError);
  expect(() => parseKeyRing(text)).toThrow(reason);
});

test('no refusal repeats what was in the setting', () => {
  const short = randomBytes(31).toString('base64');
  const refuse = (): void => void parseKeyRing(`k1:${short}`);

  expect(refuse).toThrow(expect.not.objectContaining({ message: expect.stringContaining(short) }));
});

test('a ring that is printed shows no key', () => {
  const text = random();
  const ring = parseKeyRing(`k1:${text}`);
  const printed = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);

  expect(printed).not.toContain(text.slice(0, 8));
  expect(printed).not.toContain(Buffer.from(text, 'base64').toString('hex').slice(0, 8));
});
