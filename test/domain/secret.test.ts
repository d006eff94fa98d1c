import { inspect } from 'node:util';
import { Secret } from '../../domain/secret';

const secret = new Secret('canary-7f3a');

test('gives its value only when it is asked to reveal it', () => {
  expect(secret.reveal()).toBe('canary-7f3a');
});

test.each<[string, () => string]>([
  ['text', () => `${secret}`],
  ['joined text', () => 'x' + String(secret)],
  ['JSON', () => JSON.stringify({ nested: { secret } })],
  ['inspection', () => inspect({ nested: [secret] }, { depth: 9, showHidden: true })],
  ['copied properties', () => JSON.stringify({ ...secret })],
  ['keys', () => JSON.stringify(Reflect.ownKeys(secret))],
  ['an error that quotes it', () => inspect(new Error(`bad ${secret}`, { cause: secret }))],
])('does not appear in %s', (_where, print) => {
  expect(print()).not.toContain('canary');
});
