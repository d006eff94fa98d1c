import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SignatureMap } from '../domain/provider';
import type { Credentials, InboundRequest } from './adapter';
import { signedParts } from './signed-parts';

/** Why a request is not believed; undefined: it is. Never quotes what was sent or expected. */
export type Distrust = string | undefined;

interface Proof {
  readonly map: SignatureMap;
  readonly request: InboundRequest;
  /** The named secret; never empty. */
  readonly secret: string;
  readonly credentials: Credentials;
}

type Scheme = (proof: Proof) => Distrust;

/** Seconds that a signed time may be away from ours. */
const WINDOW_SECONDS = 300;

const SCHEMES: Readonly<Record<string, Scheme>> = {
  'hmac-sha256': (proof) => hmac('sha256', proof),
  'hmac-sha1': (proof) => hmac('sha1', proof),
  'standard-webhooks': standardWebhooks,
  basic,
  bearer,
};

/** What `signature.scheme` may say. `none`: only the unguessable URL vouches for the sender. */
export const SIGNATURE_SCHEMES: readonly string[] = ['none', ...Object.keys(SCHEMES)];

/** Whether an inbound request proves its sender as the definition says; the reason when it does not. */
export function distrust(
  map: SignatureMap | undefined,
  request: InboundRequest,
  credentials: Credentials,
): Distrust {
  if (map === undefined || map.scheme === 'none') {
    return undefined;
  }
  const scheme = Object.hasOwn(SCHEMES, map.scheme) ? SCHEMES[map.scheme] : undefined;
  if (scheme === undefined) {
    return 'unknown signature scheme';
  }
  const secret = namedSecret(map.secret, credentials);
  return secret === undefined
    ? 'the account has no secret to verify with'
    : scheme({ map, request, secret, credentials });
}

/** The value of `credentials.<field>`; undefined when it is missing, empty or no text. */
function namedSecret(name: unknown, credentials: Credentials): string | undefined {
  const field = typeof name === 'string' ? /^credentials\.(.+)$/.exec(name)?.[1] : undefined;
  const value =
    field !== undefined && Object.hasOwn(credentials, field) ? credentials[field] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function option(map: SignatureMap, name: string): string | undefined {
  const value = map[name];
  return typeof value === 'string' ? value : undefined;
}

/** The one value of a header; a missing, empty or doubled one is none. */
function oneHeader(request: InboundRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Texts are compared by their digests, so that not even a length shows. */
function isSameText(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

const ENCODINGS = {
  hex: /^(?:[0-9a-f]{2})+$/i,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
} as const;

/** Decodes strictly: Node's decoder skips what it does not know, and several texts would pass for one signature. */
function decoded(text: string, encoding: keyof typeof ENCODINGS): Buffer | undefined {
  return text !== '' && ENCODINGS[encoding].test(text) ? Buffer.from(text, encoding) : undefined;
}

/**
 * Options: `header` (required), `encoding` hex (default) or base64, `prefix` such as `sha256=`, `over` (what is signed:
 * default the body), `timestamp` (name of a signed header with seconds since 1970, checked against the window).
 */
function hmac(algorithm: 'sha256' | 'sha1', { map, request, secret }: Proof): Distrust {
  if (!isTimelyIfTimed(map, request)) {
    return 'signature stale';
  }
  const given = givenSignature(map, request);
  const parts = signedParts(map['over'], request, (name) => oneHeader(request, name));
  if (given === undefined || parts === undefined) {
    return 'signature missing, doubled or malformed';
  }
  const expected = createHmac(algorithm, secret);
  parts.forEach((part) => expected.update(part));
  return isSame(given, expected.digest()) ? undefined : 'signature wrong';
}

function givenSignature(map: SignatureMap, request: InboundRequest): Buffer | undefined {
  const header = oneHeader(request, option(map, 'header') ?? '') ?? '';
  const prefix = option(map, 'prefix') ?? '';
  const encoding = map['encoding'] === 'base64' ? 'base64' : 'hex';
  return header.startsWith(prefix) ? decoded(header.slice(prefix.length), encoding) : undefined;
}

function isTimelyIfTimed(map: SignatureMap, request: InboundRequest): boolean {
  return (
    map['timestamp'] === undefined ||
    isTimely(oneHeader(request, option(map, 'timestamp') ?? ''), request)
  );
}

function isTimely(seconds: string | undefined, request: InboundRequest): boolean {
  if (seconds === undefined || !/^\d{1,12}$/.test(seconds)) {
    return false;
  }
  return Math.abs(request.receivedAt.getTime() / 1_000 - Number(seconds)) <= WINDOW_SECONDS;
}

/** Standard Webhooks 1.0: `v1` signatures, several of them while a secret is rotated. */
function standardWebhooks({ request, secret }: Proof): Distrust {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => oneHeader(request, name),
  );
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return 'signature missing or doubled';
  }
  if (!isTimely(timestamp, request)) {
    return 'signature stale';
  }
  const key = decoded(secret.replace(/^whsec_/, ''), 'base64');
  if (key === undefined) {
    return 'the account has no secret to verify with';
  }
  const expected = createHmac('sha256', key)
    .update(`${id}.${timestamp}.`)
    .update(request.rawBody)
    .digest();
  const isRight = signatures.split(' ').some((signature) => {
    const given = signature.startsWith('v1,') ? decoded(signature.slice(3), 'base64') : undefined;
    return given !== undefined && isSame(given, expected);
  });
  return isRight ? undefined : 'signature wrong';
}

/** Options: `username`, the name of a credential field; without it `secret` holds `name:password`. */
function basic(proof: Proof): Distrust {
  const given = givenLogin(proof);
  const expected = expectedLogin(proof);
  if (given === undefined) {
    return 'credentials missing or doubled';
  }
  if (expected === undefined) {
    return 'the account has no secret to verify with';
  }
  return isSameText(given, expected) ? undefined : 'credentials wrong';
}

function givenLogin({ map, request }: Proof): string | undefined {
  const header = oneHeader(request, option(map, 'header') ?? 'authorization') ?? '';
  const [, token = ''] = /^basic (\S+)$/i.exec(header) ?? [];
  return decoded(token, 'base64')?.toString('utf8');
}

function expectedLogin({ map, secret, credentials }: Proof): string | undefined {
  if (map['username'] === undefined) {
    return secret;
  }
  const name = namedSecret(map['username'], credentials);
  return name === undefined ? undefined : `${name}:${secret}`;
}

/** Options: `header`, default `authorization` with `Bearer `; in any other header the bare secret. */
function bearer({ map, request, secret }: Proof): Distrust {
  const name = (option(map, 'header') ?? 'authorization').toLowerCase();
  const header = oneHeader(request, name);
  const given = name === 'authorization' ? /^bearer (\S+)$/i.exec(header ?? '')?.[1] : header;
  if (given === undefined) {
    return 'credentials missing or doubled';
  }
  return isSameText(given, secret) ? undefined : 'credentials wrong';
}
