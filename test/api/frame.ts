/** The API's frame on a real server: the real route table with echoing handlers, and a few routes of the tests' own. */
import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { SignJWT, type JWTPayload } from 'jose';
import { createApp } from '../../api/app';
import { createReadyz, type ReadinessCheck } from '../../api/health';
import type {
  AccessToken,
  AccountKey,
  ApplicationKeys,
  CallerDirectory,
} from '../../api/middleware/caller-directory';
import type { RateLimit } from '../../api/middleware/limits';
import type { LoadGauge } from '../../api/middleware/load-gauge';
import type { GuardedHandler, PublicHandler, Route } from '../../api/route';
import { createRoutes } from '../../api/routes';
import { startServer, type ServerOptions } from '../../api/server';
import { createLogger, type Logger } from '../../runtime/logger';

export const TENANT = '01890000-0000-7000-8000-00000000000a';
export const OTHER_TENANT = '01890000-0000-7000-8000-00000000000b';
export const APPLICATION = '11111111-1111-4111-8111-111111111111';
export const ACCOUNT = { id: 'abcd1234', secret: 'first-secret', oldSecret: 'older:secret' };
export const TENANT_TOKEN = 'fdt_tenant';
export const READER_TOKEN = 'fdt_reader';
export const PLATFORM_TOKEN = 'fdt_platform';
export const DISPATCH_BODY = '{"template":"failover","workflow":[]}';

const rsaKeys = (): { publicKey: string; privateKey: string } =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
export const APPLICATION_KEYS = rsaKeys();
export const SECOND_KEYS = rsaKeys();
export const FOREIGN_KEYS = rsaKeys();

const hashSecret = (text: string): Buffer => createHmac('sha256', 'pepper').update(text).digest();

export interface TestCallers extends CallerDirectory {
  readonly accounts: Map<string, AccountKey>;
  readonly applications: Map<string, ApplicationKeys>;
  readonly tokens: Map<string, AccessToken>;
  /** How often each look-up was asked. */
  readonly asked: { accounts: number; applications: number; tokens: number };
}

export function someCallers(): TestCallers {
  const asked = { accounts: 0, applications: 0, tokens: 0 };
  const secretHashes = [hashSecret(ACCOUNT.secret), hashSecret(ACCOUNT.oldSecret)];
  const accounts = new Map<string, AccountKey>([
    [ACCOUNT.id, { id: ACCOUNT.id, tenantId: TENANT, applicationId: APPLICATION, secretHashes }],
  ]);
  const applications = new Map<string, ApplicationKeys>([
    [
      APPLICATION,
      {
        id: APPLICATION,
        tenantId: TENANT,
        keys: [
          { kid: 'one', publicKey: APPLICATION_KEYS.publicKey },
          { kid: 'two', publicKey: SECOND_KEYS.publicKey },
        ],
      },
    ],
  ]);
  const all = ['VIEW_ACTIVITIES', 'MANAGE_ACTIVITY_CONFIG', 'NOT_A_PERMISSION'];
  const tokens = new Map<string, AccessToken>([
    [hex(TENANT_TOKEN), { id: 't1', tenantId: TENANT, permissions: all }],
    [hex(READER_TOKEN), { id: 't2', tenantId: TENANT, permissions: ['VIEW_ACTIVITIES'] }],
    [hex(PLATFORM_TOKEN), { id: 't3', permissions: all }],
  ]);
  return {
    accounts,
    applications,
    tokens,
    asked,
    findAccountKey: async (id) => ((asked.accounts += 1), accounts.get(id)),
    findApplicationKeys: async (id) => ((asked.applications += 1), applications.get(id)),
    findAccessToken: async (hash) => ((asked.tokens += 1), tokens.get(hash.toString('hex'))),
    hasTenant: async (id) => [TENANT, OTHER_TENANT].includes(id),
    hashSecret,
  };
}

export function hex(token: string): string {
  return hashSecret(token).toString('hex');
}

export interface FrameOptions {
  readonly callers?: CallerDirectory;
  readonly rateLimit?: RateLimit;
  readonly failedLoginsPerMinute?: number;
  readonly load?: LoadGauge;
  readonly now?: () => number;
  readonly checks?: readonly ReadinessCheck[];
  readonly isStopping?: () => boolean;
  readonly server?: Partial<ServerOptions>;
  readonly logLines?: string[];
}

export interface Frame {
  readonly port: number;
  /** How often a handler ran. */
  handled(): number;
  stop(): Promise<void>;
  close(): Promise<void>;
}

const QUIET: LoadGauge = { isOverloaded: () => false, close: () => undefined };

/** Starts a server of its own on a free port. */
export async function startFrame(options: FrameOptions = {}): Promise<Frame> {
  let handled = 0;
  const log = logTo(options.logLines);
  const echo: GuardedHandler = ({ principal, params, query, body, rawBody, path }) => {
    handled += 1;
    return { status: 200, body: { principal, params, query, body, path, raw: String(rawBody) } };
  };
  const receive: PublicHandler = ({ params, rawBody, method }) => {
    handled += 1;
    return { status: 200, body: `${method} ${params.token} ${rawBody.toString('hex')}` };
  };
  const accept: GuardedHandler = () => {
    handled += 1;
    return { status: 202, body: { dispatch_uuid: APPLICATION } };
  };
  const routes = [
    ...createRoutes({
      createDispatch: accept,
      getDispatch: echo,
      getMessage: echo,
      takeReceipt: receive,
      getReadyz: readyz(options, log),
    }),
    ...ownRoutes(echo),
  ];
  const app = createApp({
    routes,
    callers: options.callers ?? someCallers(),
    load: options.load ?? QUIET,
    log,
    rateLimit: options.rateLimit ?? { perSecond: 0, burst: 1 },
    failedLoginsPerMinute: options.failedLoginsPerMinute ?? 0,
    ...(options.now && { now: options.now }),
  });
  const server = await startServer(app, {
    apiHost: '127.0.0.1',
    apiPort: 0,
    maxSockets: 100,
    ...options.server,
  });
  return {
    port: server.port,
    handled: () => handled,
    stop: () => server.stop(),
    close: async () => {
      const stopped = server.stop().catch(() => undefined);
      server.cut();
      await stopped;
    },
  };
}

function logTo(lines: string[] | undefined): Logger {
  return createLogger({
    name: 'test',
    level: lines ? 'debug' : 'silent',
    ...(lines && { destination: { write: (line: string) => void lines.push(line) } }),
  });
}

function readyz({ checks = [], isStopping = () => false }: FrameOptions, log: Logger) {
  return createReadyz({ checks, isStopping, log });
}

function ownRoutes(echo: GuardedHandler): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/things',
      proofs: ['token'],
      permission: 'VIEW_ACTIVITIES',
      handler: echo,
    },
    {
      method: 'post',
      path: '/api/things',
      proofs: ['token'],
      permission: 'MANAGE_ACTIVITY_CONFIG',
      tenant: 'optional',
      handler: echo,
    },
    {
      method: 'post',
      path: '/v1/echo',
      proofs: ['basic', 'jwt', 'token'],
      permission: ['SEND_DISPATCH', 'VIEW_ACTIVITIES'],
      handler: echo,
    },
    {
      method: 'get',
      path: '/v1/fail/:kind',
      proofs: 'none',
      permission: 'PUBLIC',
      handler: ({ params }) => {
        throw Object.assign(new Error('password of the database is hunter2'), {
          code: params.kind,
        });
      },
    },
  ];
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The parsed body; fails the test when it is no JSON. */
  json(): Record<string, unknown>;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own. */
export function call({ port }: { port: number }, options: Call = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        method: options.method ?? 'POST',
        path: options.path ?? '/v0.1/dispatch',
        headers: { connection: 'close', ...options.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Writes bytes to a plain socket and gives everything that came back when the server closed it. */
export function rawCall({ port }: { port: number }, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

/** What a well-behaved Basic caller sends. */
export function basicHeaders(
  secret: string = ACCOUNT.secret,
  id: string = ACCOUNT.id,
): Record<string, string> {
  return {
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    'content-type': 'application/json',
    accept: 'application/json',
  };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
}

export interface JwtOptions {
  readonly claims?: JWTPayload;
  /** Claims that are left out. */
  readonly without?: readonly string[];
  readonly header?: Record<string, unknown>;
  readonly privateKey?: string;
}

/** A token as the SDKs make it: `application_id`, `iat`, `jti`, nothing else. */
export async function aJwt({
  claims = {},
  without = [],
  header = {},
  privateKey = APPLICATION_KEYS.privateKey,
}: JwtOptions = {}): Promise<string> {
  const all = {
    application_id: APPLICATION,
    iat: Math.floor(Date.now() / 1_000),
    jti: 'a-jti',
    ...claims,
  };
  const payload = Object.fromEntries(
    Object.entries(all).filter(([name]) => !without.includes(name)),
  );
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header })
    .sign(createPrivateKey(privateKey));
}
