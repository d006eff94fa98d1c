import { createSecretKey, type KeyObject } from 'node:crypto';

/** One master key. A `KeyObject` shows no bytes when it is printed. */
export interface MasterKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The master keys of SECRETS_KEYS: the newest seals, all open. */
export interface KeyRing {
  readonly newest: MasterKey;
  find(id: string): MasterKey | undefined;
}

/** The key ring cannot be used: start-up stops with exit 78. Its message never holds a key. */
export class KeyRingError extends Error {
  constructor(message: string) {
    super(`SECRETS_KEYS: ${message}`);
    this.name = 'KeyRingError';
  }
}

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const KEY_TEXT = /^[A-Za-z0-9+/_-]{43}=?$/;
/** 32 random bytes have about 30 different values; fewer than this comes from a pattern, not from chance. */
const LEAST_DIFFERENT_BYTES = 18;

/** Reads `k2:<base64>,k1:<base64>`, newest first, 32 random bytes each. */
export function parseKeyRing(text: string): KeyRing {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const keys = new Map<string, Buffer>();
  for (const [index, entry] of entries.entries()) {
    const { id, bytes } = parseEntry(entry, index + 1);
    refuseRepeated(keys, id, bytes);
    keys.set(id, bytes);
  }
  return ringOf([...keys].map(([id, bytes]) => ({ id, key: createSecretKey(bytes) })));
}

function ringOf(keys: readonly MasterKey[]): KeyRing {
  const [newest] = keys;
  if (newest === undefined) {
    throw new KeyRingError('holds no key; expected <id>:<base64 of 32 random bytes>');
  }
  const byId = new Map(keys.map((key) => [key.id, key]));
  return { newest, find: (id) => byId.get(id) };
}

function parseEntry(entry: string, number: number): { id: string; bytes: Buffer } {
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(colon, 0));
  if (!KEY_ID.test(id)) {
    throw new KeyRingError(`entry ${number} has no valid id before its colon, such as k1`);
  }
  const encoded = entry.slice(colon + 1);
  const bytes = Buffer.from(encoded, 'base64');
  if (!KEY_TEXT.test(encoded) || bytes.length !== KEY_BYTES) {
    throw new KeyRingError(`key ${id} is not the base64 of exactly ${KEY_BYTES} bytes`);
  }
  if (isSample(bytes)) {
    throw new KeyRingError(`key ${id} is a sample, not random; try: openssl rand -base64 32`);
  }
  return { id, bytes };
}

function refuseRepeated(known: ReadonlyMap<string, Buffer>, id: string, bytes: Buffer): void {
  if (known.has(id)) {
    throw new KeyRingError(`id ${id} occurs twice`);
  }
  for (const [otherId, other] of known) {
    if (other.equals(bytes)) {
      throw new KeyRingError(`keys ${otherId} and ${id} are the same key`);
    }
  }
}

/** Keys somebody typed or copied: words, repeated bytes, counted bytes. */
function isSample(bytes: Buffer): boolean {
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  const fewDifferent = new Set(bytes).size < LEAST_DIFFERENT_BYTES;
  const steps = new Set([...bytes.subarray(1)].map((byte, index) => byte - (bytes[index] ?? 0)));
  return printable || fewDifferent || steps.size < LEAST_DIFFERENT_BYTES / 2;
}
