import fc from 'fast-check';
import { durationLabel, maskedLabel } from '../../domain/label';
import type { Party } from '../../domain/message';

describe('maskedLabel', () => {
  test.each<[string, Party, string]>([
    ['a number', { type: 'sms', number: '447700900123' }, '…23'],
    ['an id', { type: 'messenger', id: '1234567890' }, '…90'],
    ['a number before an id', { type: 'whatsapp', number: '447700900123', id: 'abcdef' }, '…23'],
    ['three characters', { type: 'sms', number: '123' }, '…23'],
    ['two characters', { type: 'sms', number: '12' }, '…'],
    ['one character', { type: 'sms', number: '1' }, '…'],
    ['an empty number', { type: 'sms', number: '' }, '…'],
    ['neither number nor id', { type: 'sms' }, '…'],
    ['a mail address', { type: 'EMAIL', id: 'ada@example.com' }, 'a…@…'],
    ['a mail address of the shortest kind', { type: 'EMAIL', id: 'a@b' }, 'a…@…'],
    ['a handle', { type: 'CHAT', id: '@ada' }, '@…@…'],
  ])('%s', (_name, party, label) => {
    expect(maskedLabel(party)).toBe(label);
  });

  test('shows at most two characters, never the whole', () => {
    const letters = fc.string({ unit: 'grapheme-ascii', minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(letters, fc.boolean(), (text, isNumber) => {
        const label = maskedLabel({ type: 'sms', [isNumber ? 'number' : 'id']: text });

        expect(label).not.toContain(text);
        expect(label.replace(/…(@…)?/, '').length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('recipients that differ only in what is hidden look alike', () => {
    const digits = fc.string({
      unit: fc.constantFrom(...'0123456789'),
      minLength: 5,
      maxLength: 13,
    });
    fc.assert(
      fc.property(digits, digits, (one, other) => {
        expect(maskedLabel({ type: 'sms', number: `${one}42` })).toBe(
          maskedLabel({ type: 'sms', number: `${other}42` }),
        );
      }),
    );
  });
});

describe('durationLabel', () => {
  test.each([
    [0, '0 s'],
    [500, '0.5 s'],
    [15_000, '15 s'],
    [60_000, '1 min'],
    [90_000, '1 min 30 s'],
    [600_000, '10 min'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [86_400_000, '24 h'],
    [1_999, '2 s'],
  ])('%d ms is %s', (ms, label) => {
    expect(durationLabel(ms)).toBe(label);
  });
});
