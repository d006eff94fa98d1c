import { Pool } from 'undici';

/** Origins that keep their connections; idle sockets end by themselves. */
const ORIGINS_MAX = 500;

/**
 * Connections by origin. undici's own agent counts connections of a closing pool against the next pool of the same
 * origin, and then closes that one too: measured, one renewed connection made it open a new one for every request.
 */
export class HttpPools {
  readonly #options: Pool.Options;
  /** The least recently used origin comes first. */
  readonly #pools = new Map<string, Pool>();

  constructor(options: Pool.Options) {
    this.#options = options;
  }

  /** The pool of an origin. */
  of(origin: string): Pool {
    const pool = this.#pools.get(origin) ?? new Pool(origin, this.#options);
    this.#pools.delete(origin);
    this.#pools.set(origin, pool);
    if (this.#pools.size > ORIGINS_MAX) {
      this.#closeOldest();
    }
    return pool;
  }

  /** Ends every connection; what is still in flight fails. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #closeOldest(): void {
    const [oldest] = this.#pools;
    if (oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      // Requests that it still has are finished first.
      void oldest[1].close();
    }
  }
}
