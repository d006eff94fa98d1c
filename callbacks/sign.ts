import { createHash, createHmac, randomUUID } from 'node:crypto';

/** What proves to the caller that a callback is ours. */
export interface Signing {
  readonly applicationId: string;
  /** The application's account key, for the claim `api_key`; absent where it has none. */
  readonly apiKey?: string;
  /** Live signature secrets, newest first: `whsec_` and base64. */
  readonly secrets: readonly string[];
}

const SECRET_PREFIX = 'whsec_';

/**
 * Headers that sign a body both ways: Standard Webhooks with every live secret, and Vonage's JWT (HS256, `payload_hash`)
 * with the newest. Made afresh for each post; id and body stay the same.
 */
export function signatureHeaders(
  signing: Signing,
  webhookId: string,
  body: Buffer,
  now: Date,
): Record<string, string> {
  const seconds = Math.floor(now.getTime() / 1_000);
  const headers: Record<string, string> = {
    'webhook-id': webhookId,
    'webhook-timestamp': String(seconds),
  };
  const [newest] = signing.secrets;
  if (newest !== undefined) {
    headers['webhook-signature'] = signing.secrets
      .map((secret) => standardSignature(secret, webhookId, seconds, body))
      .join(' ');
    headers['authorization'] = `Bearer ${vonageToken(signing, newest, seconds, body)}`;
  }
  return headers;
}

/** https://www.standardwebhooks.com: HMAC-SHA256 over id, time and body, under the decoded secret. */
function standardSignature(secret: string, id: string, seconds: number, body: Buffer): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`;
}

const JWT_HEADER = base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));

/** Vonage's signed webhooks: the key is the whole text of the secret. */
function vonageToken(signing: Signing, secret: string, seconds: number, body: Buffer): string {
  const claims = {
    iat: seconds,
    jti: randomUUID(),
    iss: 'Vonage',
    payload_hash: createHash('sha256').update(body).digest('hex'),
    api_key: signing.apiKey,
    application_id: signing.applicationId,
  };
  const signed = `${JWT_HEADER}.${base64url(JSON.stringify(claims))}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
