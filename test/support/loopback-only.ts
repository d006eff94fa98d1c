/** Tests talk to this machine only: whatever connects elsewhere is stopped and remembered. */
import { BlockList, isIP, Socket } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Servers that the environment names may be elsewhere. */
function allowedHosts(): Set<string> {
  const hosts = ['localhost'];
  const { DATABASE_URL, TEMPORAL_ADDRESS } = process.env;
  if (DATABASE_URL) {
    hosts.push(new URL(DATABASE_URL).hostname);
  }
  if (TEMPORAL_ADDRESS) {
    hosts.push(TEMPORAL_ADDRESS.replace(/:\d+$/, ''));
  }
  return new Set(hosts);
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** Where `Socket.connect` was told to go; undefined for the own machine and for paths. */
function hostIn(args: readonly unknown[]): string | undefined {
  const [first, second] = args.flat();
  if (typeof first === 'object' && first !== null) {
    return 'host' in first && typeof first.host === 'string' ? first.host : undefined;
  }
  return typeof second === 'string' ? second : undefined;
}

/** Starts the guard; the returned function ends it and tells which hosts were asked for. */
export function guardConnections(): () => string[] {
  const allowed = allowedHosts();
  const refused: string[] = [];
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function guarded(this: Socket, ...args: unknown[]): Socket {
    const host = hostIn(args);
    if (host !== undefined && !isLoopback(host) && !allowed.has(host)) {
      refused.push(host);
      return this.destroy(new Error(`a test may not connect to ${host}`));
    }
    return Reflect.apply(connect, this, args) as Socket;
  } as typeof connect;
  return () => {
    Socket.prototype.connect = connect;
    return refused;
  };
}
