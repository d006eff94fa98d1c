import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** pino's level, default `info`. */
  readonly level?: string;
  /** Which process speaks: `api`, `worker` … */
  readonly name: string;
  /** Where lines go, default standard output. */
  readonly destination?: DestinationStream;
}

/** Fields that never leave the process, wherever a caller puts them: credentials, persons, content. */
const PRIVATE_FIELDS = [
  'authorization',
  'cookie',
  'credentials',
  'password',
  'secret',
  'apiSecret',
  'token',
  'privateKey',
  'recipient',
  'sender',
  'to',
  'from',
  'content',
  'rawBody',
  'body',
];
/** Postgres repeats row values in these fields of its errors. */
const DATABASE_ERROR_FIELDS = ['detail', 'where', 'internalQuery', 'parameters'];

const REDACTED_PATHS = [
  ...PRIVATE_FIELDS.flatMap((field) => [field, `*.${field}`]),
  ...['headers', '*.headers'].flatMap((headers) => [
    `${headers}.authorization`,
    `${headers}.cookie`,
    `${headers}["x-api-key"]`,
  ]),
  ...DATABASE_ERROR_FIELDS.flatMap((field) => [`err.${field}`, `err.cause.${field}`]),
];

/** One JSON object per line; in a terminal readable lines, where the development dependency for them is installed. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[secret]' },
    },
    options.destination ?? standardOutput(),
  );
}

function standardOutput(): DestinationStream {
  const readable = process.stdout.isTTY ? readableLines() : undefined;
  return readable ?? pino.destination({ dest: 1, sync: true });
}

function readableLines(): DestinationStream | undefined {
  try {
    const pretty = require('pino-pretty') as typeof import('pino-pretty');
    return pretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid' });
  } catch {
    return undefined;
  }
}
