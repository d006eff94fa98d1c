import { decodeJwt, decodeProtectedHeader, importSPKI, jwtVerify, type JWTPayload } from 'jose';
import { DomainError } from '../../domain/errors';
import { SENDER_PERMISSIONS, type Principal } from '../principal';
import { aclAllows } from './acl';
import { keepWithin, type ApplicationKeys, type CallerDirectory } from './caller-directory';

/** Seconds by which clocks may differ. */
const TOLERANCE_SECONDS = 5;
/** Life of a token that names no end, and the shortest and longest a named one may be after `iat`. */
const LIFE_SECONDS = { default: 15 * 60, min: 30, max: 24 * 60 * 60 } as const;
/** Headers that would let a token bring its own key or rules. */
const FOREIGN_HEADERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_TOKEN_LENGTH = 8_192;
const MAX_IMPORTED_KEYS = 1_000;

type PublicKey = Awaited<ReturnType<typeof importSPKI>>;

export interface JwtRequest {
  readonly token: string;
  readonly method: string;
  readonly path: string;
}

export type JwtAuthenticator = (request: JwtRequest) => Promise<Principal | undefined>;

/** Makes the check of application tokens: undefined for one that is wrong, an error for one that may not come here. */
export function createJwtAuthenticator(
  directory: CallerDirectory,
  now: () => number,
): JwtAuthenticator {
  const importKey = createKeyImport();
  return async ({ token, method, path }) => {
    const application = await findApplication(directory, token);
    if (!application) {
      return undefined;
    }
    const payload = await verifyWithAny(token, { application, importKey, now });
    if (!payload || !isAlive(payload, now() / 1_000)) {
      return undefined;
    }
    if (!aclAllows(payload.acl, method, path)) {
      throw new DomainError('forbidden', 'The access list of this token does not allow this path.');
    }
    return {
      kind: 'application',
      id: application.id,
      tenantId: application.tenantId,
      applicationId: application.id,
      permissions: SENDER_PERMISSIONS,
      isPlatform: false,
    };
  };
}

/** The application that the unverified token names, with only the keys its header leaves. */
async function findApplication(
  directory: CallerDirectory,
  token: string,
): Promise<ApplicationKeys | undefined> {
  const claims = unverifiedClaims(token);
  if (!claims) {
    return undefined;
  }
  const application = await directory.findApplicationKeys(claims.applicationId);
  if (!application) {
    return undefined;
  }
  const { kid } = claims;
  const picked = application.keys.filter(
    (key) => kid === undefined || key.kid === undefined || key.kid === kid,
  );
  return { ...application, keys: picked };
}

function unverifiedClaims(
  token: string,
): { applicationId: string; kid: string | undefined } | undefined {
  if (token.length > MAX_TOKEN_LENGTH) {
    return undefined;
  }
  try {
    const header = decodeProtectedHeader(token);
    const { application_id: applicationId } = decodeJwt(token);
    const isOurs =
      header.alg === 'RS256' &&
      !FOREIGN_HEADERS.some((name) => name in header) &&
      typeof applicationId === 'string' &&
      UUID.test(applicationId);
    return isOurs ? { applicationId: applicationId.toLowerCase(), kid: header.kid } : undefined;
  } catch {
    return undefined;
  }
}

interface Verification {
  readonly application: ApplicationKeys;
  readonly importKey: (pem: string) => Promise<PublicKey>;
  readonly now: () => number;
}

async function verifyWithAny(
  token: string,
  { application, importKey, now }: Verification,
): Promise<JWTPayload | undefined> {
  for (const { publicKey } of application.keys) {
    try {
      const { payload } = await jwtVerify(token, await importKey(publicKey), {
        algorithms: ['RS256'],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(now()),
        requiredClaims: ['application_id', 'iat', 'jti'],
      });
      return payload;
    } catch {
      // A wrong signature under one key may be a right one under the other; what fails everywhere is refused.
    }
  }
  return undefined;
}

/** Signature, `nbf` and a passed `exp` are checked before; here the rules about how long a token may live. */
function isAlive({ iat, exp, jti }: JWTPayload, nowSeconds: number): boolean {
  if (typeof iat !== 'number' || typeof jti !== 'string' || jti === '') {
    return false;
  }
  const life = exp === undefined ? LIFE_SECONDS.default : exp - iat;
  const end = iat + Math.min(life, LIFE_SECONDS.max);
  return (
    life >= LIFE_SECONDS.min &&
    iat <= nowSeconds + TOLERANCE_SECONDS &&
    nowSeconds < end + TOLERANCE_SECONDS
  );
}

/** Parsing a key costs more than using it. */
function createKeyImport(): (pem: string) => Promise<PublicKey> {
  const imported = new Map<string, Promise<PublicKey>>();
  return (pem) => {
    const known = imported.get(pem);
    if (known) {
      return known;
    }
    const key = importSPKI(pem, 'RS256');
    keepWithin(imported, MAX_IMPORTED_KEYS - 1);
    imported.set(pem, key);
    return key;
  };
}
