import { z } from 'zod';
import { EXPIRY_SECONDS } from '../domain/vocabulary';
import { CALLBACK_SETTINGS } from './callback-settings';
import {
  addressRanges,
  postgresUrl,
  requiredText,
  secretsKeys,
  setting,
  webUrl,
  wholeNumber,
} from './setting';

/** Every setting of the product. The type of the configuration and the documents derive from this list. */
export const SETTINGS = {
  databaseUrl: setting({
    name: 'DATABASE_URL',
    description: 'Postgres 14 or later.',
    example: 'postgresql://dispatch:password@127.0.0.1:5432/dispatch',
    secret: true,
    readBy: ['api', 'worker', 'admin', 'migrate'],
    schema: postgresUrl,
  }),
  databasePoolSize: setting({
    name: 'DATABASE_POOL_SIZE',
    description:
      'Connections of one process at most. All processes together stay under max_connections less 10.',
    fallback: '10',
    readBy: ['api', 'worker'],
    schema: wholeNumber(1, 500),
  }),
  secretsKeys: setting({
    name: 'SECRETS_KEYS',
    description:
      'Key ring for stored secrets, newest first: `<id>:<32 random bytes in base64>`, separated by commas. The first seals, all open.',
    fallbackNote: 'none; development makes one under `.dev/`',
    example: 'k1:<output of: openssl rand -base64 32>',
    secret: true,
    readBy: ['api', 'worker', 'admin'],
    schema: secretsKeys,
  }),
  apiHost: setting({
    name: 'API_HOST',
    description: 'Address the API listens on.',
    fallback: '127.0.0.1',
    fallbackNote: '127.0.0.1; 0.0.0.0 in the image',
    readBy: ['api', 'worker'],
    schema: requiredText,
  }),
  apiPort: setting({
    name: 'API_PORT',
    description: 'Port the API listens on; 0 takes a free one.',
    fallback: '8080',
    readBy: ['api', 'worker'],
    schema: wholeNumber(0, 65_535),
  }),
  publicUrl: setting({
    name: 'PUBLIC_URL',
    description:
      'How the world reaches the API: base of receipt URLs and of links in our own API. Signatures over a URL are checked against it.',
    fallbackNote: 'from API_HOST and API_PORT',
    example: 'https://dispatch.example.com',
    readBy: ['api', 'worker'],
    schema: webUrl.optional(),
  }),
  outboundAllow: setting({
    name: 'OUTBOUND_ALLOW',
    description:
      'Address ranges that outgoing requests may reach although they are not public, separated by commas. Any port and plain http are allowed there.',
    fallback: '',
    fallbackNote: 'empty; development and tests: 127.0.0.0/8',
    example: '10.20.0.0/16',
    readBy: ['api', 'worker', 'admin'],
    schema: addressRanges,
  }),
  minExpirySeconds: setting({
    name: 'DISPATCH_MIN_EXPIRY_SECONDS',
    description: 'Shortest expiry_time, in seconds. Lowered only by tests and benchmarks.',
    fallback: String(EXPIRY_SECONDS.min),
    readBy: ['api'],
    schema: wholeNumber(1, EXPIRY_SECONDS.max),
  }),
  maxSteps: setting({
    name: 'DISPATCH_MAX_STEPS',
    description: 'Most messages of one dispatch.',
    fallback: '25',
    readBy: ['api'],
    schema: wholeNumber(1, 100),
  }),
  lastStepLimitSeconds: setting({
    name: 'LAST_STEP_LIMIT_SECONDS',
    description: 'How long the last step may stay without a final status, in seconds.',
    fallback: '259200',
    readBy: ['api'],
    schema: wholeNumber(1, 2_592_000),
  }),
  lastStepRetrySeconds: setting({
    name: 'LAST_STEP_RETRY_SECONDS',
    description: 'How long the last step retries a provider that does not answer, in seconds.',
    fallback: '3600',
    readBy: ['api'],
    schema: wholeNumber(1, 2_592_000),
  }),
  maxOpenDispatches: setting({
    name: 'MAX_OPEN_DISPATCHES',
    description:
      'Running dispatches of one tenant at most; beyond it 429 quota_exceeded. 0: no limit.',
    fallback: '50000',
    readBy: ['api'],
    schema: wholeNumber(0, 1_000_000_000),
  }),
  rateLimitPerKey: setting({
    name: 'RATE_LIMIT_PER_KEY',
    description:
      'Requests per second of one key, application or token, in each API process. 0: no limit.',
    fallback: '30',
    readBy: ['api'],
    schema: wholeNumber(0, 100_000),
  }),
  rateLimitBurst: setting({
    name: 'RATE_LIMIT_BURST',
    description: 'Requests that one key may send at once before its rate counts.',
    fallback: '60',
    readBy: ['api'],
    schema: wholeNumber(1, 1_000_000),
  }),
  failedLoginsPerMinute: setting({
    name: 'FAILED_LOGINS_PER_MINUTE',
    description:
      'Wrong credentials that one address (IPv6: one /64) may send in a minute before it gets 429. A right secret always passes. 0: no limit.',
    fallback: '20',
    readBy: ['api'],
    schema: wholeNumber(0, 100_000),
  }),
  maxSockets: setting({
    name: 'MAX_SOCKETS',
    description: 'Connections that one API process takes; further ones are closed at once.',
    fallback: '2000',
    readBy: ['api'],
    schema: wholeNumber(1, 100_000),
  }),
  maxEventLoopDelayMs: setting({
    name: 'MAX_EVENT_LOOP_DELAY_MS',
    description:
      'Sustained event-loop delay beyond which accepts are answered with 503, in milliseconds.',
    fallback: '250',
    readBy: ['api'],
    schema: wholeNumber(50, 60_000),
  }),
  maxConnectionWaits: setting({
    name: 'MAX_CONNECTION_WAITS',
    description: 'Waits for a database connection beyond which accepts are answered with 503.',
    fallback: '200',
    readBy: ['api'],
    schema: wholeNumber(1, 100_000),
  }),
  sendsPerAccount: setting({
    name: 'SENDS_PER_ACCOUNT',
    description: 'Sends in flight per provider account in one worker process.',
    fallback: '16',
    readBy: ['worker'],
    schema: wholeNumber(1, 10_000),
  }),
  ...CALLBACK_SETTINGS,
  shutdownDelayMs: setting({
    name: 'SHUTDOWN_DELAY_MS',
    description:
      'How long the API answers 503 on /readyz before it stops listening, in milliseconds: time for a load balancer to look away.',
    fallback: '5000',
    readBy: ['api'],
    schema: wholeNumber(0, 25_000),
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    description: 'fatal, error, warn, info, debug, trace or silent.',
    fallback: 'info',
    readBy: ['api', 'worker', 'admin', 'migrate'],
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  }),
  metricsPort: setting({
    name: 'METRICS_PORT',
    description: "Port of the worker's Prometheus metrics, on 127.0.0.1.",
    example: '9464',
    readBy: ['worker'],
    schema: wholeNumber(1, 65_535).optional(),
  }),
  otlpEndpoint: setting({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      "OpenTelemetry collector (gRPC) that takes the worker's metrics; METRICS_PORT goes first.",
    example: 'http://127.0.0.1:4317',
    readBy: ['worker'],
    schema: webUrl.optional(),
  }),
  deploymentName: setting({
    name: 'TEMPORAL_DEPLOYMENT_NAME',
    description:
      'Worker deployment this process belongs to; with TEMPORAL_WORKER_BUILD_ID it switches worker versioning on.',
    readBy: ['worker'],
    schema: requiredText.optional(),
  }),
  workerBuildId: setting({
    name: 'TEMPORAL_WORKER_BUILD_ID',
    description: 'Build of this worker within its deployment.',
    readBy: ['worker'],
    schema: requiredText.optional(),
  }),
  temporalCliPath: setting({
    name: 'TEMPORAL_CLI_PATH',
    description: 'A `temporal` binary for the embedded server of development and tests.',
    example: '/usr/local/bin/temporal',
    readBy: ['dev'],
    schema: requiredText.optional(),
  }),
};

/** Variables that Temporal's own configuration library reads; listed for the documents, parsed by that library. */
export const TEMPORAL_VARIABLES = [
  {
    name: 'TEMPORAL_ADDRESS',
    description: 'Host and port of the Temporal server.',
    example: '127.0.0.1:7233',
  },
  { name: 'TEMPORAL_NAMESPACE', description: 'Temporal namespace.', example: 'default' },
  { name: 'TEMPORAL_API_KEY', description: 'API key of Temporal Cloud; switches TLS on.' },
  { name: 'TEMPORAL_TLS', description: '`true` to use TLS without an API key.' },
  {
    name: 'TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH',
    description: 'Client certificate and key (PEM files) for mutual TLS.',
  },
  {
    name: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_SERVER_NAME',
    description: 'Own certificate authority (PEM file) and expected server name.',
  },
] as const;
