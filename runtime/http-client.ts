import type { Pool } from 'undici';
import { DomainError } from '../domain/errors';
import { createAddressGuard } from './address-guard';
import { createGuardedConnector } from './guarded-connector';
import type { Resolve } from './guarded-connector';
import { HttpFailure } from './http';
import type { HttpAnswer, HttpClient, HttpRequest } from './http';
import { HttpExchange } from './http-exchange';
import { HttpPools } from './http-pools';
import { outboundUrl, refusalAtConfiguration } from './outbound-url';

export interface HttpClientOptions {
  /** CIDR ranges that may be reached although they are not public (`OUTBOUND_ALLOW`); metadata addresses stay shut. */
  readonly allow: readonly string[];
  /** Default 64; more requests wait for a free connection, and their connect time runs. */
  readonly maxConnectionsPerHost?: number;
  /** Default: the machine's resolver. */
  readonly resolve?: Resolve;
  /** Certificate authorities to trust instead of the runtime's list. */
  readonly ca?: string;
}

/** Bytes of an answer's header names and values. */
const HEADER_BYTES_MAX = 16_384;
/** Below the five seconds after which common servers close an idle connection, so that few writes meet a closed one. */
const KEEP_ALIVE_MS = 4_000;
/** A connection is renewed now and then, so that a moved host is noticed under steady load. */
const REQUESTS_PER_CONNECTION = 1_000;

/** The only way out: every connection is judged by its address, every answer is capped, nothing is sent twice. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const guard = createAddressGuard(options.allow);
  const pools = createPools(options, createGuardedConnector({ ...options, guard }));
  const inFlight = new Set<Promise<HttpAnswer>>();
  return {
    async request(request) {
      const answer = send(pools, request);
      inFlight.add(answer);
      try {
        return await answer;
      } finally {
        inFlight.delete(answer);
      }
    },
    checkUrl(url) {
      const reason = refusalAtConfiguration(url, guard);
      if (reason !== undefined) {
        throw new DomainError('invalid_input', `URL not allowed: ${reason}`);
      }
    },
    async close() {
      // Each call ends by its own deadline; what is left then is idle sockets and connection attempts.
      await Promise.allSettled(inFlight);
      await pools.destroy();
    },
  };
}

function createPools(options: HttpClientOptions, connect: Pool.Options['connect']): HttpPools {
  return new HttpPools({
    connect,
    connections: options.maxConnectionsPerHost ?? 64,
    pipelining: 1,
    maxHeaderSize: HEADER_BYTES_MAX,
    maxRequestsPerClient: REQUESTS_PER_CONNECTION,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: 60_000,
    // The exchange owns the one deadline of a call.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

async function send(pools: HttpPools, request: HttpRequest): Promise<HttpAnswer> {
  const url = outboundUrl(request.url);
  if (typeof url === 'string') {
    throw new HttpFailure('not_sent', 'invalid_url', url);
  }
  if (request.signal?.aborted === true) {
    throw new HttpFailure('not_sent', 'aborted', 'the call was aborted');
  }
  return new Promise((resolve, reject) => {
    const exchange = new HttpExchange(request, { resolve, reject });
    pools.of(url.origin).dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers ?? {},
        body: request.body ?? null,
        // Never in a pipeline behind another request, whatever the method.
        idempotent: false,
      },
      exchange,
    );
  });
}
