import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { Webhook } from 'standardwebhooks';

/** `unchecked`: no secret is known. `missing`: the callback does not carry this signature. */
export interface SignatureCheck {
  readonly verdict: 'valid' | 'invalid' | 'missing' | 'unchecked';
  readonly reason?: string;
}

export interface CallbackChecks {
  /** Headers `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
  readonly standardWebhooks: SignatureCheck;
  /** `Authorization: Bearer` JWT, HS256, with `payload_hash` over the raw body. */
  readonly vonageJwt: SignatureCheck;
}

/** Oldest or furthest future `iat` taken, in seconds: as Standard Webhooks has it for its timestamp. */
const TOLERANCE_SECONDS = 300;

function checkStandard(
  headers: IncomingHttpHeaders,
  raw: Buffer,
  secrets: readonly string[],
): SignatureCheck {
  if (headers['webhook-signature'] === undefined) {
    return { verdict: 'missing' };
  }
  const named = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
      name,
      String(headers[name] ?? ''),
    ]),
  );
  let reason = '';
  for (const secret of secrets) {
    try {
      new Webhook(secret).verify(raw.toString('utf8'), named, { jsonParse: false });
      return { verdict: 'valid' };
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return { verdict: 'invalid', reason };
}

function decodePart(part: string): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isSignedBy(signed: string, signature: string, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(signed).digest();
  const given = Buffer.from(signature, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function claimsFault(claims: Record<string, unknown>, raw: Buffer): string | undefined {
  if (claims['payload_hash'] !== createHash('sha256').update(raw).digest('hex')) {
    return 'payload_hash is not of this body';
  }
  const age = Date.now() / 1_000 - Number(claims['iat']);
  if (!(Math.abs(age) <= TOLERANCE_SECONDS)) {
    return 'iat is missing or too far away';
  }
  return claims['iss'] === 'Vonage' && typeof claims['jti'] === 'string'
    ? undefined
    : 'iss or jti is missing or wrong';
}

function jwtFault(token: string, raw: Buffer, secrets: readonly string[]): string | undefined {
  const [header = '', claims = '', signature = ''] = token.split('.');
  if (decodePart(header)['alg'] !== 'HS256') {
    return 'alg is not HS256';
  }
  // The key is the whole text of the secret, prefix included.
  const isSigned = secrets.some((secret) => isSignedBy(`${header}.${claims}`, signature, secret));
  return isSigned ? claimsFault(decodePart(claims), raw) : 'no secret fits the signature';
}

function checkJwt(
  headers: IncomingHttpHeaders,
  raw: Buffer,
  secrets: readonly string[],
): SignatureCheck {
  const [scheme, token] = (headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined) {
    return { verdict: 'missing' };
  }
  try {
    const reason = jwtFault(token, raw, secrets);
    return reason === undefined ? { verdict: 'valid' } : { verdict: 'invalid', reason };
  } catch {
    return { verdict: 'invalid', reason: 'not a JWT' };
  }
}

/** Verifies a callback's two signatures; each is valid when any of the secrets fits. */
export function checkCallback(
  headers: IncomingHttpHeaders,
  raw: Buffer,
  secrets: readonly string[],
): CallbackChecks {
  if (secrets.length === 0) {
    const unchecked = { verdict: 'unchecked' } as const;
    return { standardWebhooks: unchecked, vonageJwt: unchecked };
  }
  return {
    standardWebhooks: checkStandard(headers, raw, secrets),
    vonageJwt: checkJwt(headers, raw, secrets),
  };
}
