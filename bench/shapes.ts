/** The dispatches that are measured, and how their numbers tell the provider what is to become of a message. */

/** What a provider reports about a message, by the last two digits of its recipient. */
export const FATES = {
  delivered: { digits: '01', statuses: ['submitted', 'delivered'] },
  rejected: { digits: '02', statuses: ['submitted', 'rejected'] },
  silent: { digits: '03', statuses: ['submitted'] },
} as const;
export type Fate = keyof typeof FATES;

/** One kind of dispatch: the fate of its first message, the second one is delivered. */
export interface Shape {
  readonly name: string;
  readonly first: Fate;
  readonly expirySeconds: number;
}

export const SHAPES = {
  delivered: { name: 'first step delivered', first: 'delivered', expirySeconds: 600 },
  rejected: { name: 'failover on rejection', first: 'rejected', expirySeconds: 600 },
  expired: { name: 'failover on expiry', first: 'silent', expirySeconds: 2 },
  resting: { name: 'open, at rest', first: 'silent', expirySeconds: 86_400 },
} as const satisfies Record<string, Shape>;

const TEXT = 'Your table is ready, see you at eight.';
const SEQUENCE_DIGITS = 7;

/** The body of the `sequence`-th accept; the number is found again in each of its messages' recipients. */
export function dispatchBody(shape: Shape, sequence: number): string {
  const content = { type: 'text', text: TEXT };
  return JSON.stringify({
    template: 'failover',
    workflow: [
      {
        to: { type: 'viber_service_msg', number: recipient(sequence, shape.first) },
        from: { type: 'viber_service_msg', id: '16273' },
        message: { content },
        failover: { expiry_time: shape.expirySeconds, condition_status: 'delivered' },
      },
      {
        to: { type: 'sms', number: recipient(sequence, 'delivered') },
        from: { type: 'sms', number: '447700900000' },
        message: { content },
      },
    ],
  });
}

function recipient(sequence: number, fate: Fate): string {
  return `447${String(sequence).padStart(SEQUENCE_DIGITS, '0')}${FATES[fate].digits}`;
}

/** What a recipient's number says. */
export function partsOf(number: string): { sequence: number; statuses: readonly string[] } {
  const digits = number.slice(-2);
  const fate = Object.values(FATES).find((one) => one.digits === digits);
  return { sequence: Number(number.slice(3, -2)), statuses: fate?.statuses ?? [] };
}
