/** The running product as a caller, a provider and an operator see it: what end-to-end tests speak. */
import { SignJWT, importPKCS8 } from 'jose';
import { join } from 'node:path';
import { startChild, untilReady, type Child } from '../../dev/child-process';
import { freePort } from '../../dev/ports';
import type { CallbackEntry } from '../../dev/simulator/callback-log';
import type { MessageEntry } from '../../dev/simulator/message-log';
import type { Dial } from '../../dev/simulator/dials';
import type { ReceiverDial } from '../../dev/simulator/receiver-dials';
import { createAccount, type NewAccount } from '../../store/create-account';
import { createApplication, type NewApplication } from '../../store/create-application';
import { createAccountKey } from '../../store/account-keys';
import { openDatabase, type Database } from '../../store/database';
import { parseKeyRing } from '../../store/key-ring';
import { loadPepper } from '../../store/pepper';
import { createSecrets } from '../../store/secrets';
import { createTenant } from '../../store/tenants';
import { afterFile } from './after-file';
import { ACTOR, type CallerStores } from './callers';
import { startTestStack, type TestStack } from './stack';
import { until } from './until';

/** JSON as it came: tests say what they expect of it. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
  readonly text: string;
}

/** A caller's key. */
export interface Caller {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** A callback as the receiver lists it. */
export type Received = Omit<CallbackEntry, 'raw'> & {
  readonly body: Json;
  readonly rawBase64: string;
};

export interface StepWish {
  readonly channel?: 'sms' | 'mms' | 'whatsapp' | 'messenger' | 'viber_service_msg';
  /** Number or id of the recipient. */
  readonly to: string;
  /** Absent on the last step. */
  readonly expiry?: number;
  readonly condition?: 'delivered' | 'read';
  readonly clientRef?: string;
}

/** The body of a request for these steps. */
export function aRequest(steps: readonly StepWish[]): Record<string, unknown> {
  return { template: 'failover', workflow: steps.map(stepBody) };
}

function stepBody({ channel = 'sms', to, expiry, condition, clientRef }: StepWish): object {
  const people = channel === 'messenger' ? 'id' : 'number';
  const ours = ['messenger', 'viber_service_msg'].includes(channel) ? 'id' : 'number';
  return {
    to: { type: channel, [people]: to },
    from: { type: channel, [ours]: '447700900000' },
    message: {
      content:
        channel === 'mms'
          ? { type: 'image', image: { url: 'https://example.com/a.jpg' } }
          : { type: 'text', text: 'hello' },
    },
    ...(clientRef === undefined ? {} : { client_ref: clientRef }),
    ...(expiry === undefined
      ? {}
      : { failover: { expiry_time: expiry, condition_status: condition ?? 'delivered' } }),
  };
}

export function basic({ apiKey, apiSecret }: Caller): string {
  return `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
}

export interface Product {
  readonly stack: TestStack;
  readonly db: Database;
  readonly stores: CallerStores;
  /** Any request to the API; `body` is sent as JSON unless it is text already. */
  call(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: unknown; apiUrl?: string },
  ): Promise<Answer>;
  /** Posts a dispatch by Basic; answers its id after checking the 202. */
  dispatch(steps: readonly StepWish[], caller?: Caller): Promise<string>;
  get(path: string, caller?: Caller): Promise<Answer>;
  /** A dispatch as GET shows it. */
  view(id: string, caller?: Caller): Promise<Json>;
  /** The same, once it has ended. */
  ended(id: string, caller?: Caller): Promise<Json>;
  callbacks(filter: { dispatch?: string; path?: string }): Promise<Received[]>;
  /** Callbacks of a dispatch once there are `count` of them. */
  callbacksOf(id: string, count: number): Promise<Received[]>;
  /** What the provider knows of a message. */
  sent(messageId: string): Promise<MessageEntry | undefined>;
  dial(dial: Dial): Promise<void>;
  receiver(dial: ReceiverDial & { secrets?: readonly string[] }): Promise<void>;
  receiverBack(): Promise<void>;
  /** A JWT of the seeded application. */
  jwt(claims?: Record<string, unknown>): Promise<string>;
  /** A further account for the simulator. */
  account(account: Partial<NewAccount> & { channel: string }, tenantId?: string): Promise<string>;
  /** An application with a caller of its own, in the seeded tenant unless told otherwise. */
  application(
    wish: Partial<NewApplication>,
    tenantId?: string,
  ): Promise<Caller & { applicationId: string; signatureSecret: string }>;
  tenant(name: string): Promise<string>;
  /** Rows of a query with `?` places. */
  sql<Row = Json>(text: string, values?: unknown[]): Promise<Row[]>;
  /** A further API process with settings of its own. */
  api(env: NodeJS.ProcessEnv): Promise<{ url: string; child: Child }>;
}

export async function startProduct(
  options: Parameters<typeof startTestStack>[0] = {},
): Promise<Product> {
  const stack = await startTestStack(options);
  const db = openDatabase({ url: stack.databaseUrl, poolSize: 4 });
  afterFile(() => db.close());
  const secrets = createSecrets(db, parseKeyRing(stack.secretsKeys));
  const stores = { db, secrets, pepper: await loadPepper(db, secrets) };
  return productOf(stack, db, stores);
}

const WAIT_MS = 40_000;

function productOf(stack: TestStack, db: Database, stores: CallerStores): Product {
  const call: Product['call'] = async (method, path, { headers, body, apiUrl } = {}) => {
    const answer = await fetch(`${apiUrl ?? stack.apiUrl}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: jsonOf(text) };
  };
  const simulator = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${stack.simulatorUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) {
      throw new Error(`the simulator answers ${answer.status}: ${await answer.text()}`);
    }
    return answer.status === 204 ? {} : ((await answer.json()) as Json);
  };
  const seeded = stack.seeded.basic;
  const get: Product['get'] = (path, caller = seeded) =>
    call('GET', path, { headers: { authorization: basic(caller) } });
  const view: Product['view'] = async (id, caller) =>
    (await get(`/v0.1/dispatch/${id}`, caller)).body;
  const callbacks: Product['callbacks'] = async (filter) => {
    const query = new URLSearchParams(filter as Record<string, string>);
    return (await simulator('GET', `/callbacks?${query}`)).callbacks as Received[];
  };
  return {
    stack,
    db,
    stores,
    call,
    get,
    view,
    callbacks,
    dispatch: async (steps, caller = seeded) => {
      const answer = await call('POST', '/v0.1/dispatch', {
        headers: { authorization: basic(caller) },
        body: aRequest(steps),
      });
      if (answer.status !== 202) {
        throw new Error(`not accepted: ${answer.status} ${answer.text}`);
      }
      return answer.body.dispatch_uuid as string;
    },
    ended: (id, caller) =>
      until(
        async () => {
          const body = await view(id, caller);
          return body.status !== 'running' && body.status !== undefined ? body : undefined;
        },
        { timeoutMs: WAIT_MS, everyMs: 50, what: `the end of dispatch ${id}` },
      ),
    callbacksOf: (id, count) =>
      until(
        async () => {
          const list = await callbacks({ dispatch: id });
          return list.length >= count ? list : undefined;
        },
        { timeoutMs: WAIT_MS, everyMs: 50, what: `${count} callbacks of dispatch ${id}` },
      ),
    sent: async (messageId) =>
      ((await simulator('GET', `/log?ref=${messageId}`)).messages as MessageEntry[])[0],
    dial: async (dial) => void (await simulator('PUT', '/dials', dial)),
    receiver: async (dial) => void (await simulator('PUT', '/receiver', dial)),
    receiverBack: async () => void (await simulator('DELETE', '/receiver')),
    jwt: async (claims = {}) => jwtOf(stack.seeded.application, claims),
    account: async ({ channel, ...account }, tenantId = stack.seeded.tenantId) => {
      const [provider] = (await db.knex('dispatch_providers').select('id')) as { id: string }[];
      return createAccount(stores, tenantId, {
        providerId: provider?.id ?? '',
        channel,
        credentials: { apiKey: 'simulator-key', webhookSecret: 'simulator-webhook-secret' },
        ...account,
        ...ACTOR,
      });
    },
    application: async (wish, tenantId = stack.seeded.tenantId) => {
      const { application, signatureSecret } = await createApplication(stores, tenantId, {
        name: 'Another',
        statusUrl: `${stack.simulatorUrl}/callbacks`,
        ...wish,
        ...ACTOR,
      });
      const key = await createAccountKey(stores, tenantId, {
        applicationId: application.id,
        ...ACTOR,
      });
      return {
        applicationId: application.id,
        signatureSecret,
        apiKey: key.accountKeyId,
        apiSecret: key.secret,
      };
    },
    tenant: async (name) => (await createTenant(db, { name, ...ACTOR })).id,
    sql: async (text, values = []) =>
      ((await db.knex.raw(text, values as string[])) as { rows: Json[] }).rows,
    api: (env) => startApi(stack, env),
  };
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

async function jwtOf(
  { id, privateKey }: { readonly id: string; readonly privateKey: string },
  claims: Record<string, unknown>,
): Promise<string> {
  return new SignJWT({
    application_id: id,
    iat: Math.floor(Date.now() / 1_000),
    jti: crypto.randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .sign(await importPKCS8(privateKey, 'RS256'));
}

async function startApi(
  stack: TestStack,
  env: NodeJS.ProcessEnv,
): Promise<{ url: string; child: Child }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild({
    name: 'a further api',
    command: process.execPath,
    args: [join(process.cwd(), 'dist', 'api', 'main.js')],
    graceMs: 32_000,
    env: {
      ...process.env,
      LOG_LEVEL: 'warn',
      DISPATCH_MIN_EXPIRY_SECONDS: '1',
      RATE_LIMIT_PER_KEY: '0',
      OUTBOUND_ALLOW: '127.0.0.0/8',
      SHUTDOWN_DELAY_MS: '0',
      DATABASE_URL: stack.databaseUrl,
      TEMPORAL_ADDRESS: stack.temporal.address,
      TEMPORAL_NAMESPACE: stack.temporal.namespace,
      SECRETS_KEYS: stack.secretsKeys,
      API_PORT: String(port),
      PUBLIC_URL: stack.apiUrl,
      ...env,
    },
  });
  afterFile(() => child.stop());
  await untilReady(child, 30_000, async () => {
    try {
      return (await fetch(`${url}/livez`)).ok;
    } catch {
      return false;
    }
  });
  return { url, child };
}
