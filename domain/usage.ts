import type { Usage } from './message';

/** How a price is written: digits, optionally a point and more digits. No sign, no exponent. */
const DECIMAL = /^([0-9]+)(?:\.([0-9]+))?$/;

/** A decimal as a whole number of its smallest places: 0.0333 is 333 at scale 4. */
interface Scaled {
  readonly units: bigint;
  readonly scale: number;
}

/** Whether a text is an amount we can count with, such as `12` or `0.0333`. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** Adds two amounts exactly, as text: no float ever holds money. The sum has no needless zeros: `0.1`, `0`, never `0.10`. */
export function addDecimals(left: string, right: string): string {
  const a = scaledFromText(left);
  const b = scaledFromText(right);
  const scale = Math.max(a.scale, b.scale);
  return textFromScaled({ units: unitsAt(a, scale) + unitsAt(b, scale), scale });
}

/**
 * What a dispatch cost in one currency: the fee and every message priced in that currency. Unpriced messages and those
 * in other currencies add nothing; `0` when nothing was charged.
 */
export function totalUsage(
  messages: readonly { readonly usage?: Usage }[],
  currency: string,
  fee = '0',
): Usage {
  let price = addDecimals(fee, '0');
  for (const { usage } of messages) {
    if (usage?.currency === currency) {
      price = addDecimals(price, usage.price);
    }
  }
  return { price, currency };
}

/** Totals of every currency that was charged, the dispatch's own first (with the fee), the others by name. */
export function totalsByCurrency(
  messages: readonly { readonly usage?: Usage }[],
  currency: string,
  fee = '0',
): [Usage, ...Usage[]] {
  const others = new Set<string>();
  for (const { usage } of messages) {
    if (usage !== undefined && usage.currency !== currency) {
      others.add(usage.currency);
    }
  }
  const own = totalUsage(messages, currency, fee);
  return [own, ...[...others].sort().map((other) => totalUsage(messages, other))];
}

function scaledFromText(text: string): Scaled {
  const match = DECIMAL.exec(text);
  if (match === null) {
    throw new RangeError(`not a decimal amount: ${JSON.stringify(text)}`);
  }
  const fraction = match[2] ?? '';
  return { units: BigInt(`${match[1]}${fraction}`), scale: fraction.length };
}

function unitsAt(value: Scaled, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

function textFromScaled({ units, scale }: Scaled): string {
  const digits = units.toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
