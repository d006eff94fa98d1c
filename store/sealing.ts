/** The sealed form: version, data key id, nonce, ciphertext, tag (AES-256-GCM). */
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { parse as bytesFromUuid, stringify as uuidFromBytes } from 'uuid';

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const KEY_ID_END = 17;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key of one tenant's values. */
export interface DataKey {
  readonly id: string;
  readonly tenantId: string;
  readonly key: KeyObject;
}

/** Seals `plain`; it opens only with the same key and the same `bound` text. */
export function sealValue({ id, key }: DataKey, bound: string, plain: Buffer): Buffer {
  return Buffer.concat([Buffer.of(VERSION), bytesFromUuid(id), encrypt(key, bound, plain)]);
}

/** The opened value, or undefined when one bit of value, key or `bound` differs. */
export function openValue({ key }: DataKey, bound: string, sealed: Buffer): Buffer | undefined {
  return decrypt(key, bound, sealed.subarray(KEY_ID_END));
}

/** Which data key sealed it; undefined when this is no sealed value of ours. */
export function dataKeyIdOf(sealed: Buffer): string | undefined {
  if (sealed.length < KEY_ID_END + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) {
    return undefined;
  }
  try {
    return uuidFromBytes(sealed.subarray(1, KEY_ID_END));
  } catch {
    return undefined;
  }
}

/** Nonce, ciphertext and tag. The nonce is random: 2^32 values per key stay far below any risk of repetition. */
export function encrypt(key: KeyObject, bound: string, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The plain bytes, or undefined when anything was altered. */
export function decrypt(key: KeyObject, bound: string, boxed: Buffer): Buffer | undefined {
  if (boxed.length < NONCE_BYTES + TAG_BYTES) {
    return undefined;
  }
  const tagStart = boxed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, boxed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(boxed.subarray(tagStart));
  const plain = decipher.update(boxed.subarray(NONCE_BYTES, tagStart));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}
