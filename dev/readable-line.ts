import { prettyFactory } from 'pino-pretty';

const pretty = prettyFactory({
  colorize: process.stdout.isTTY,
  singleLine: true,
  translateTime: 'SYS:HH:MM:ss.l',
  ignore: 'pid,name',
});

/** A log line of our processes for people; what is not one of pino's stays as it is. */
export function readableLine(line: string): string {
  return pretty(line).trimEnd();
}
