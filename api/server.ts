import { randomUUID } from 'node:crypto';
import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'node:net';
import { problemBody } from '../contract/problem';
import { DomainError } from '../domain/errors';

export interface ServerOptions {
  readonly apiHost: string;
  /** 0 takes a free one. */
  readonly apiPort: number;
  readonly maxSockets: number;
  /** Longest time for headers, whole request, idle connection; in milliseconds. Defaults 10,000, 15,000, 65,000. */
  readonly timeouts?: Readonly<Partial<Record<'headersMs' | 'requestMs' | 'keepAliveMs', number>>>;
}

export interface RunningServer {
  readonly server: Server;
  readonly port: number;
  /** Takes no new connection, closes idle ones and resolves when the last request has ended. */
  stop(): Promise<void>;
  /** Cuts whatever is still open. */
  cut(): void;
}

const TIMEOUTS = { headersMs: 10_000, requestMs: 15_000, keepAliveMs: 65_000 };

/** Listens; rejects when the port is taken. */
export function startServer(app: RequestListener, options: ServerOptions): Promise<RunningServer> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: timeouts.keepAliveMs,
      connectionsCheckingInterval: Math.min(1_000, timeouts.headersMs),
    },
    app,
  );
  server.maxConnections = options.maxSockets;
  server.on('clientError', answerClientError);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.apiPort, options.apiHost, () => {
      server.off('error', reject);
      resolve(runningServer(server));
    });
  });
}

function runningServer(server: Server): RunningServer {
  return {
    server,
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
      }),
    cut: () => server.closeAllConnections(),
  };
}

/** What is no HTTP, or too slow or too long to become a request, gets a problem body too. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const traceId = randomUUID().replaceAll('-', '');
  const { status, body } = problemBody(problemFrom(error), traceId);
  const text = JSON.stringify(body);
  const answered = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : status;
  socket.end(
    [
      `HTTP/1.1 ${answered} ${STATUS_CODES[answered] ?? ''}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(text)}`,
      `x-nexmo-trace-id: ${traceId}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

function problemFrom({ code }: NodeJS.ErrnoException): DomainError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new DomainError('request_timeout', 'The request did not arrive in time.');
  }
  return code === 'HPE_HEADER_OVERFLOW'
    ? new DomainError('invalid_input', 'The request headers are too long.')
    : new DomainError('invalid_input', 'This is not a valid HTTP request.');
}
