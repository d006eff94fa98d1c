import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createCallbackLog } from './callback-log';
import type { CallbackEntry, CallbackFilter } from './callback-log';
import { createDialStore } from './dials';
import type { Dial } from './dials';
import { openJsonLines } from './json-lines';
import type { JsonLines } from './json-lines';
import { createMessageLog } from './message-log';
import type { LogFilter, MessageEntry } from './message-log';
import { resolveOptions } from './options';
import type { ResolvedOptions, SimulatorOptions } from './options';
import { createReceipts } from './receipts';
import { createReceiverDials } from './receiver-dials';
import type { ReceiverDial } from './receiver-dials';
import { handle } from './routes';
import type { RoutesDeps } from './routes';
import { createTimers } from './timers';

/** A running simulator, as tests hold it; over HTTP the same is at `/log`, `/callbacks`, `/dials` and `/receiver`. */
export interface Simulator {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly port: number;
  log(filter?: LogFilter): readonly MessageEntry[];
  clearLog(): void;
  callbacks(filter?: CallbackFilter): readonly CallbackEntry[];
  clearCallbacks(): void;
  /** Answers the dial's name. */
  setDial(dial: Dial): string;
  clearDials(name?: string): void;
  setReceiver(dial: ReceiverDial): void;
  clearReceiver(): void;
  /** Replaces the `whsec_…` secrets that callbacks are verified with. */
  setReceiverSecrets(secrets: readonly string[]): void;
  /** Ends at once: open connections are closed, receipts that are due later are dropped. */
  close(): Promise<void>;
}

/** Longer than any client keeps an idle connection, so that the simulator never closes one just as it is used again. */
const KEEP_ALIVE_MS = 120_000;

interface Files {
  readonly messages: JsonLines;
  readonly callbacks: JsonLines;
}

function createDeps(options: ResolvedOptions, files: Files): RoutesDeps {
  const limits = { keep: options.keep, quiet: options.quietLog };
  const timers = createTimers();
  const messages = createMessageLog(files.messages, limits);
  let secrets = options.receiverSecrets;
  return {
    options,
    timers,
    messages,
    receipts: createReceipts({ options, messages, timers }),
    dials: createDialStore(),
    callbacks: createCallbackLog(files.callbacks, limits),
    receiver: createReceiverDials(),
    secrets: () => secrets,
    setSecrets: (next) => {
      secrets = next;
    },
  };
}

function listen(server: Server, options: ResolvedOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function simulatorFrom(deps: RoutesDeps, port: number, close: () => Promise<void>): Simulator {
  return {
    url: `http://${deps.options.host}:${port}`,
    port,
    log: (filter) => deps.messages.list(filter),
    clearLog: () => deps.messages.clear(),
    callbacks: (filter) => deps.callbacks.list(filter),
    clearCallbacks: () => deps.callbacks.clear(),
    setDial: (dial) => deps.dials.set(dial),
    clearDials: (name) => deps.dials.clear(name),
    setReceiver: (dial) => deps.receiver.set(dial),
    clearReceiver: () => deps.receiver.clear(),
    setReceiverSecrets: (secrets) => deps.setSecrets(secrets),
    close,
  };
}

/** Starts the provider side and the callback receiver in this process. */
export async function startSimulator(given: SimulatorOptions = {}): Promise<Simulator> {
  const options = resolveOptions(given);
  const files = {
    messages: openJsonLines(options.logFile),
    callbacks: openJsonLines(options.callbacksLogFile),
  };
  const deps = createDeps(options, files);
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => void handle(deps, request, response),
  );
  const port = await listen(server, options);
  return simulatorFrom(deps, port, async () => {
    deps.timers.clear();
    deps.receipts.close();
    await closeServer(server);
    files.messages.close();
    files.callbacks.close();
  });
}
