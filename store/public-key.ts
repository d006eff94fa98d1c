import { createPublicKey, type KeyObject } from 'node:crypto';
import { DomainError } from '../domain/errors';

/** Bits an application's RSA key may have. Larger ones only make every request slower. */
const BITS = { min: 2_048, max: 8_192 } as const;

/** The key as SPKI PEM, whatever PEM it came in. Throws `invalid_input` saying what is wrong. */
export function publicKeyFromPem(pem: string): string {
  if (pem.includes('PRIVATE KEY')) {
    throw refused('is a private key: keep it, and give us the public one');
  }
  const key = parse(pem);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa') {
    throw refused('is no RSA key');
  }
  if (bits < BITS.min || bits > BITS.max) {
    throw refused(`has ${bits} bits; it needs ${BITS.min} to ${BITS.max}`);
  }
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function parse(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw refused('is no PEM of a public key', cause);
  }
}

function refused(reason: string, cause?: unknown): DomainError {
  return new DomainError('invalid_input', `The public key ${reason}.`, {
    parameters: [{ name: 'public_key', reason }],
    cause,
  });
}
