/** Ports on the loopback address: free ones, and a clear word about taken ones. */
import { createServer } from 'node:net';

/** Below every usual range of outgoing connections, so that none of them can take a port between choice and use. */
const FREE_PORTS = { from: 20_000, to: 32_000 } as const;
const TRIES = 200;

/** `count` different ports that nobody listens on, chosen at random. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries >= TRIES) {
      throw new Error(`no ${count} free ports between ${FREE_PORTS.from} and ${FREE_PORTS.to}`);
    }
    const port = FREE_PORTS.from + Math.floor(Math.random() * (FREE_PORTS.to - FREE_PORTS.from));
    if (await isPortFree(port, host)) {
      found.add(port);
    }
  }
  return [...found];
}

export async function freePort(host = '127.0.0.1'): Promise<number> {
  const [port] = await freePorts(1, host);
  return port ?? 0;
}

/** Whether one could listen on it now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export interface WantedPort {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** What would listen there, as messages call it. */
  readonly name: string;
  /** The environment variable that chooses another one. */
  readonly variable: string;
}

/** Throws when somebody listens there already, and names the variable to change. */
export async function requirePort({
  port,
  host = '127.0.0.1',
  name,
  variable,
}: WantedPort): Promise<void> {
  if (!(await isPortFree(port, host))) {
    throw new Error(
      `Port ${port} on ${host}, wanted for ${name}, is taken. Set ${variable} to a free port, or stop what listens there.`,
    );
  }
}
