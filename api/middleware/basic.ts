import { randomBytes, timingSafeEqual } from 'node:crypto';
import { SENDER_PERMISSIONS, type Principal } from '../principal';
import type { CallerDirectory } from './caller-directory';

const ACCOUNT_KEY = /^[0-9a-f]{8}$/;
const LIVE_SECRETS = 2;
/** Compared in the place of a secret that does not exist, so that both paths take the same time. */
const NOBODYS_HASH = randomBytes(32);

/** The account key's principal, or undefined when id or secret are wrong: which of them is never told. */
export async function principalFromBasic(
  directory: CallerDirectory,
  claim: { readonly id: string; readonly secret: string },
): Promise<Principal | undefined> {
  const hash = directory.hashSecret(claim.secret);
  const account = ACCOUNT_KEY.test(claim.id) ? await directory.findAccountKey(claim.id) : undefined;
  const isRight = matchesAny(hash, account?.secretHashes ?? []);
  return account && isRight
    ? {
        kind: 'account_key',
        id: account.id,
        tenantId: account.tenantId,
        applicationId: account.applicationId,
        permissions: SENDER_PERMISSIONS,
        isPlatform: false,
      }
    : undefined;
}

/** Always makes the same number of comparisons. */
function matchesAny(hash: Buffer, known: readonly Buffer[]): boolean {
  let matched = false;
  for (let index = 0; index < Math.max(LIVE_SECRETS, known.length); index += 1) {
    const candidate = known[index];
    const isEqual = equals(hash, candidate ?? NOBODYS_HASH);
    matched = (isEqual && candidate !== undefined) || matched;
  }
  return matched;
}

function equals(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
