import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './test-certificate';

/** What a raw server does with a connection once a whole request has arrived on it. */
export type Behaviour = (socket: Socket, request: string) => void;

export interface HostileServer {
  readonly port: number;
  /** Connections that were opened, whatever became of them. */
  readonly connections: () => number;
  /** Complete requests received, as text. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** A listener on loopback that speaks bytes, so that it can break every rule of HTTP. */
export async function startHostileServer(
  behaviour: Behaviour,
  options: { readonly tls?: boolean; readonly host?: string; readonly port?: number } = {},
): Promise<HostileServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const onConnection = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    let seen = '';
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      for (let end = requestEnd(seen); end > 0; end = requestEnd(seen)) {
        const request = seen.slice(0, end);
        seen = seen.slice(end);
        requests.push(request);
        behaviour(socket, request);
      }
    });
  };
  const server: Server =
    options.tls === true
      ? createTlsServer({ key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE }, onConnection)
      : createTcpServer(onConnection);
  await new Promise<void>((resolve) =>
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve),
  );
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    requests,
    close: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Index behind the first complete request, 0 when none is complete. */
function requestEnd(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) {
    return 0;
  }
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  const end = head + 4 + length;
  return text.length >= end ? end : 0;
}

/** A well-formed answer as text. */
export function answerText(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
