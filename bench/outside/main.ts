/**
 * The world outside of the product in one process, so that all its times are by one clock: the caller who posts
 * dispatches, the provider who takes messages and reports about them, and the receiver of callbacks. It stands in the
 * simulator's place and speaks its wire; a lean one, so that two cores are left to what is measured.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import type { Order } from '../order';
import { createLedger, type Ledger } from './ledger';
import { runLoad } from './load';
import { takeMessage } from './provider';

const WEBHOOK_SECRET = 'simulator-webhook-secret';
const CONNECTIONS = 64;

function main(): void {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, 'receiver-secret': { type: 'string' } },
  });
  const pools = new Map<string, Pool>();
  const poolFor = (origin: string): Pool => {
    const pool = pools.get(origin) ?? new Pool(origin, { connections: CONNECTIONS });
    pools.set(origin, pool);
    return pool;
  };
  const deps = { poolFor, ledger: createLedger(), webhookSecret: WEBHOOK_SECRET };
  const server = createServer((request, response) => {
    route(deps, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.keepAliveTimeout = 65_000;
  // A run's answer comes when the run has ended.
  server.requestTimeout = 0;
  server.listen(Number(values.port ?? 0), '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}

interface Deps {
  readonly poolFor: (origin: string) => Pool;
  readonly ledger: Ledger;
  readonly webhookSecret: string;
}

async function route(
  deps: Deps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await read(request);
  switch (request.url) {
    case '/messages': {
      const id = takeMessage(deps, JSON.parse(body) as Parameters<typeof takeMessage>[1]);
      answer(response, 202, JSON.stringify({ id }));
      return;
    }
    case '/callbacks':
      takeCallback(deps.ledger, body);
      answer(response, 200, '');
      return;
    case '/run':
      answer(response, 200, JSON.stringify(await runLoad(deps, JSON.parse(body) as Order)));
      return;
    default:
      answer(response, 200, '');
  }
}

/** A final report has a `template`; status callbacks are taken and no more. */
function takeCallback(ledger: Ledger, body: string): void {
  if (body.includes('"template"')) {
    const report = JSON.parse(body) as { dispatch_uuid: string; status: string };
    ledger.reported(report.dispatch_uuid, report.status);
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function read(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => resolve(text));
    request.on('error', reject);
  });
}

main();
