/** Who may call, as the store knows it. */
export interface AccountKey {
  readonly id: string;
  readonly tenantId: string;
  /** Default application: callback URL and signature secret of Basic callers. */
  readonly applicationId: string;
  /** Keyed hashes of the live secrets, at most two. */
  readonly secretHashes: readonly Buffer[];
}

export interface ApplicationKeys {
  readonly id: string;
  readonly tenantId: string;
  /** Live public keys (SPKI PEM), at most two. */
  readonly keys: readonly { readonly kid?: string | undefined; readonly publicKey: string }[];
}

export interface AccessToken {
  readonly id: string;
  /** Absent: a token of the platform. */
  readonly tenantId?: string | undefined;
  readonly permissions: readonly string[];
}

export interface CallerDirectory {
  findAccountKey(id: string): Promise<AccountKey | undefined>;
  findApplicationKeys(applicationId: string): Promise<ApplicationKeys | undefined>;
  findAccessToken(hash: Buffer): Promise<AccessToken | undefined>;
  /** Whether a platform token may select this tenant; absent: any well-formed id may be selected. */
  hasTenant?(tenantId: string): Promise<boolean>;
  /** Keyed hash of a secret or token, as the store keeps it. */
  hashSecret(text: string): Buffer;
}

/** How long a found caller is believed, in milliseconds: also how long a revoked one may still call. */
const TRUST_MS = 3_000;
const MAX_ENTRIES = 10_000;

/** Remembers found callers for a moment. Missing ones are asked for every time, so that a new key works at once. */
export function cacheCallers(
  directory: CallerDirectory,
  now: () => number = Date.now,
): CallerDirectory {
  const findAccountKey = remember((id: string) => directory.findAccountKey(id), now);
  const findApplicationKeys = remember((id: string) => directory.findApplicationKeys(id), now);
  const findAccessToken = remember(
    (hash: string) => directory.findAccessToken(Buffer.from(hash, 'hex')),
    now,
  );
  const isTenant = remember(
    async (id: string) => (await directory.hasTenant?.(id)) || undefined,
    now,
  );
  return {
    findAccountKey,
    findApplicationKeys,
    findAccessToken: (hash) => findAccessToken(hash.toString('hex')),
    ...(directory.hasTenant && { hasTenant: async (id) => (await isTenant(id)) === true }),
    hashSecret: (text) => directory.hashSecret(text),
  };
}

/** Also joins look-ups of the same key that run at the same time. */
function remember<T>(
  find: (key: string) => Promise<T | undefined>,
  now: () => number,
): (key: string) => Promise<T | undefined> {
  const known = new Map<string, { readonly value: T; readonly until: number }>();
  const running = new Map<string, Promise<T | undefined>>();
  const ask = async (key: string): Promise<T | undefined> => {
    // Trust is counted from before the question: the answer may have been on its way for a while.
    const until = now() + TRUST_MS;
    try {
      const value = await find(key);
      if (value !== undefined) {
        keepWithin(known, MAX_ENTRIES - 1);
        known.set(key, { value, until });
      }
      return value;
    } finally {
      running.delete(key);
    }
  };
  return async (key) => {
    const entry = known.get(key);
    if (entry && entry.until > now()) {
      return entry.value;
    }
    known.delete(key);
    const answer = running.get(key) ?? ask(key);
    running.set(key, answer);
    return answer;
  };
}

/** Drops the oldest entries until at most `max` are left. */
export function keepWithin(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) {
      return;
    }
    map.delete(key);
  }
}
