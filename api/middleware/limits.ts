import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { isIPv6 } from 'node:net';
import { DomainError } from '../../domain/errors';
import { keepWithin } from './caller-directory';

export interface RateLimit {
  /** Tokens per second; 0 turns the limit off. */
  readonly perSecond: number;
  /** Tokens that a rested bucket holds. */
  readonly burst: number;
}

const MAX_BUCKETS = 100_000;

/**
 * A token bucket per caller. Counting in fixed windows, as the library does, lets twice the rate through around
 * the turn of a window and cannot hold back a burst of its own size; a bucket is exact.
 */
export function createKeyLimiter(
  { perSecond, burst }: RateLimit,
  now: () => number,
): (key: string) => void {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (key) => {
    if (perSecond === 0) {
      return;
    }
    const at = now();
    const bucket = buckets.get(key) ?? { tokens: burst, at };
    // A clock that went back must not take tokens away.
    const earned = (Math.max(0, at - bucket.at) / 1_000) * perSecond;
    const tokens = Math.min(burst, bucket.tokens + earned);
    buckets.delete(key);
    keepWithin(buckets, MAX_BUCKETS - 1);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
    if (tokens < 1) {
      const retryAfterSeconds = Math.max(1, Math.ceil((1 - tokens) / perSecond));
      throw new DomainError('rate_limited', 'Please wait, then retry your request.', {
        retryAfterSeconds,
      });
    }
  };
}

/**
 * Counts wrong credentials per address and minute and turns the refusal into a 429 beyond the limit. It is asked only
 * after the credentials were found wrong, so that a right secret always passes.
 */
export function createLoginLimiter(perMinute: number): (address: string) => Promise<void> {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (address) => {
    if (perMinute === 0) {
      return;
    }
    try {
      await limiter.consume(addressGroup(address));
    } catch (err) {
      if (!(err instanceof RateLimiterRes)) {
        throw err;
      }
      throw new DomainError('rate_limited', 'Too many wrong credentials from this address.', {
        retryAfterSeconds: Math.max(1, Math.ceil(err.msBeforeNext / 1_000)),
      });
    }
  };
}

/** IPv4 as it is; IPv6 by its first 64 bits, which is what one customer of a network gets. */
export function addressGroup(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) {
    return plain;
  }
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
