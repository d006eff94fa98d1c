import { prettyFactory } from 'pino-pretty';

/** What Temporal's library adds to each line of an activity: for machines that search. */
const CONTEXT = [
  'sdkComponent',
  'taskQueue',
  'isLocal',
  'attempt',
  'namespace',
  'taskToken',
  'activityId',
  'activityType',
  'workflowId',
  'workflowRunId',
  'workflowType',
];

const pretty = prettyFactory({
  colorize: process.stdout.isTTY,
  singleLine: true,
  translateTime: 'SYS:HH:MM:ss.l',
  ignore: ['pid', 'name', ...CONTEXT].join(),
});

/** A log line of our processes for people; what is not one of pino's stays as it is. */
export function readableLine(line: string): string {
  return pretty(line).trimEnd();
}
