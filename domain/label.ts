import type { Party } from './message';

/** A recipient that an operator may see: all but the last two characters hidden; of a mail address the first and the form. */
export function maskedLabel(party: Party): string {
  const text = party.number ?? party.id ?? '';
  if (text.includes('@')) {
    return `${text.slice(0, 1)}…@…`;
  }
  const characters = Array.from(text);
  return characters.length <= 2 ? '…' : `…${characters.slice(-2).join('')}`;
}

/** Largest first. */
const UNITS = [
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A time as people say it: `45 s`, `10 min`, `1 h 30 min`; below a second with its fraction. */
export function durationLabel(ms: number): string {
  if (ms < 1_000) {
    return `${ms / 1_000} s`;
  }
  let rest = Math.round(ms / 1_000);
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) {
      parts.push(`${count} ${unit}`);
    }
  }
  return parts.join(' ');
}
