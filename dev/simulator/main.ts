import { parseArgs } from 'node:util';

import { startSimulator } from './simulator';

const USAGE = `node dist/dev/simulator/main.js [options]
  --port N               default 8090; 0 takes a free one
  --host ADDRESS         default 127.0.0.1
  --api-key KEY          default simulator-key; may be given again
  --webhook-secret TEXT  signs receipts, default simulator-webhook-secret
  --receiver-secret TEXT whsec_… that callbacks are verified with; may be given again
  --log FILE             appends messages and receipts, one JSON text per line
  --callbacks-log FILE   appends callbacks, one JSON text per line
  --native               the same ref sent again reaches nobody twice
  --no-magic             recipients are all alike
  --quiet-log            keeps no contents, headers and receipts (for benchmarks)
  --keep N               entries kept in memory, default 50000
`;

function readArguments() {
  return parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      host: { type: 'string' },
      'api-key': { type: 'string', multiple: true },
      'webhook-secret': { type: 'string' },
      'receiver-secret': { type: 'string', multiple: true },
      log: { type: 'string' },
      'callbacks-log': { type: 'string' },
      native: { type: 'boolean' },
      'no-magic': { type: 'boolean', default: false },
      'quiet-log': { type: 'boolean' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function numberFrom(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new Error(`--${name} must be a whole number`);
  }
  return Number(text);
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given.help) {
    process.stdout.write(USAGE);
    return;
  }
  const simulator = await startSimulator({
    port: numberFrom(given.port, 'port'),
    host: given.host,
    apiKeys: given['api-key'],
    webhookSecret: given['webhook-secret'],
    receiverSecrets: given['receiver-secret'],
    logFile: given.log,
    callbacksLogFile: given['callbacks-log'],
    nativeIdempotency: given.native,
    magic: !given['no-magic'],
    quietLog: given['quiet-log'],
    keep: given.keep === undefined ? undefined : numberFrom(given.keep, 'keep'),
  });
  process.stdout.write(`simulator listens on ${simulator.url}\n`);
  const stop = (): void => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(1);
});
