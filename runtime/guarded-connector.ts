import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { buildConnector } from 'undici';
import type { AddressGuard, Verdict } from './address-guard';
import { HttpFailure } from './http';
import { literalAddress, refusal } from './outbound-url';

/** Every address of a host name, in the order to try them. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface ConnectorOptions {
  readonly guard: AddressGuard;
  /** Default: the machine's resolver. */
  readonly resolve?: Resolve;
  /** Certificates trusted beside none other; default: the runtime's list. */
  readonly ca?: string;
}

type Target = buildConnector.Options;
type Callback = buildConnector.Callback;

/** A connection attempt lives no longer, whoever waits for it, in milliseconds. */
const CONNECT_LIMIT_MS = 10_000;
const TLS_SESSIONS_MAX = 200;

/** Opens sockets to judged addresses only: a name is resolved once, and the socket goes to what was judged. */
export function createGuardedConnector(options: ConnectorOptions): buildConnector.connector {
  const resolve = options.resolve ?? resolveByMachine;
  const sessions = new Map<string, Buffer>();
  return (target, callback) => {
    judgedAddresses(target, options.guard, (hostname) => inTime(resolve(hostname))).then(
      (addresses) => open({ target, addresses, sessions, options }, callback),
      (error: unknown) => callback(failureFrom(error), null),
    );
  };
}

async function resolveByMachine(hostname: string): Promise<readonly string[]> {
  const answers = await lookup(hostname, { all: true, verbatim: true });
  return answers.map((answer) => answer.address);
}

/** A resolver that never answers must not hold a connection's place for ever. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), CONNECT_LIMIT_MS).unref();
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

async function judgedAddresses(
  target: Target,
  guard: AddressGuard,
  resolve: Resolve,
): Promise<readonly string[]> {
  const literal = literalAddress(target.hostname);
  const addresses = literal === undefined ? await resolveName(target.hostname, resolve) : [literal];
  const reason = refusal(worstVerdict(addresses, guard), target);
  if (reason !== undefined) {
    throw new HttpFailure('not_sent', 'blocked_address', `${target.hostname}: ${reason}`);
  }
  return addresses;
}

async function resolveName(hostname: string, resolve: Resolve): Promise<readonly string[]> {
  const addresses = await resolve(hostname).catch((error: unknown) => {
    throw new HttpFailure('not_sent', 'dns', `${hostname} could not be resolved`, { cause: error });
  });
  if (addresses.length === 0) {
    throw new HttpFailure('not_sent', 'dns', `${hostname} has no address`);
  }
  return addresses;
}

/** One bad answer spoils all of them: a mixed answer is how rebinding starts. */
function worstVerdict(addresses: readonly string[], guard: AddressGuard): Verdict {
  const verdicts = addresses.map((address) => guard.verdict(address));
  if (verdicts.includes('blocked')) {
    return 'blocked';
  }
  return verdicts.includes('public') ? 'public' : 'allowed';
}

interface Opening {
  readonly target: Target;
  readonly addresses: readonly string[];
  readonly sessions: Map<string, Buffer>;
  readonly options: ConnectorOptions;
}

function open(opening: Opening, callback: Callback): void {
  const { target, options } = opening;
  const isSecure = target.protocol === 'https:';
  const socket = isSecure ? openTls(opening) : connectTcp(tcpOptions(opening));
  let reached = false;
  const timer = setTimeout(() => {
    socket.destroy(new HttpFailure('not_sent', 'timeout', `${target.hostname}: connect timed out`));
  }, CONNECT_LIMIT_MS);
  const settle = (error: Error | null): void => {
    clearTimeout(timer);
    socket.off('error', onError).off('close', onClose);
    if (error === null) {
      callback(null, socket);
      return;
    }
    // The socket may report more errors; nobody is left who cares.
    socket.on('error', () => undefined).destroy();
    callback(error, null);
  };
  const onError = (error: Error): void => settle(connectFailure(error, target, reached));
  const onClose = (): void => settle(connectFailure(undefined, target, reached));
  socket.setNoDelay(true).setKeepAlive(true, 60_000).once('error', onError).once('close', onClose);
  socket.once('connect', () => {
    reached = true;
    // The last word: whatever opened the connection, its other end must be an address that may be reached.
    if (refusal(options.guard.verdict(socket.remoteAddress ?? ''), target) !== undefined) {
      settle(new HttpFailure('not_sent', 'blocked_address', `${target.hostname}: moved inward`));
    }
  });
  socket.once(isSecure ? 'secureConnect' : 'connect', () => {
    if (!socket.destroyed) {
      settle(null);
    }
  });
}

function tcpOptions({ target, addresses }: Opening) {
  const [only = ''] = addresses;
  return {
    // Several addresses are tried in turn by Node, which asks `lookup` for them; nothing is resolved again.
    host: addresses.length === 1 ? only : target.hostname,
    port: Number(target.port || (target.protocol === 'https:' ? 443 : 80)),
    lookup: lookupOf(addresses),
    autoSelectFamily: true,
  };
}

function openTls(opening: Opening): Socket {
  const { target, sessions, options } = opening;
  const literal = literalAddress(target.hostname);
  const session = sessions.get(target.hostname);
  const tls: ConnectionOptions = {
    ...tcpOptions(opening),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    ...(literal === undefined ? { servername: target.hostname.replace(/\.$/, '') } : {}),
    ...(session === undefined ? {} : { session }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  return connectTls(tls).on('session', (fresh: Buffer) => {
    remember(sessions, target.hostname, fresh);
  });
}

function remember(sessions: Map<string, Buffer>, hostname: string, session: Buffer): void {
  sessions.delete(hostname);
  sessions.set(hostname, session);
  if (sessions.size > TLS_SESSIONS_MAX) {
    const oldest = sessions.keys().next().value;
    sessions.delete(oldest ?? hostname);
  }
}

/** Answers with what was judged, so that nothing is resolved a second time. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [first] = entries;
    if (options.all === true) {
      callback(null, entries);
    } else {
      callback(null, first?.address ?? '', first?.family ?? 0);
    }
  };
}

function connectFailure(error: Error | undefined, target: Target, reached: boolean): Error {
  if (error instanceof HttpFailure) {
    return error;
  }
  // A socket that stood before TLS did failed in the handshake.
  const code = reached && target.protocol === 'https:' ? 'tls' : 'connect';
  const words = code === 'tls' ? 'TLS failed' : 'no connection';
  return new HttpFailure('not_sent', code, `${target.hostname}: ${words}`, { cause: error });
}

function failureFrom(error: unknown): HttpFailure {
  return error instanceof HttpFailure
    ? error
    : new HttpFailure('not_sent', 'connect', 'no connection', { cause: error });
}
