import type { Party } from './message';

/** A recipient that an operator may see: all but the last two characters hidden; of a mail address the first and the form. */
export function maskedLabel(party: Party): string {
  const text = party.number ?? party.id ?? '';
  if (text.includes('@')) {
    return `${text.slice(0, 1)}…@…`;
  }
  const characters = [...text];
  return characters.length <= 2 ? '…' : `…${characters.slice(-2).join('')}`;
}
