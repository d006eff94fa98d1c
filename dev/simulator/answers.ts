import type { ServerResponse } from 'node:http';

import type { Answer } from './dials';
import { answerJson } from './wire';

/** HTTP status of an answer that names none, or what comes in an answer's place. */
const USUAL = {
  accept: 202,
  refuse: 400,
  rate_limit: 429,
  fail: 503,
  hang: 'hang',
  drop: 'drop',
  cut: 'cut',
} as const satisfies Record<Answer['kind'], number | string>;

/** What the log says of an answer: its HTTP status, or what came in its place. */
export function answeredBy(answer: Answer): number | 'hang' | 'drop' | 'cut' {
  const isFree = answer.kind === 'refuse' || answer.kind === 'fail';
  return (isFree ? answer.status : undefined) ?? USUAL[answer.kind];
}

/** Whether the message goes out. */
export function isTaking(answer: Answer): boolean {
  const usual = answer.kind === 'accept' || answer.kind === 'drop' || answer.kind === 'cut';
  return answer.taken ?? usual;
}

/** Sends the head and half of the body, then closes the connection. */
function cutHalfway(response: ServerResponse, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
}

interface Problem {
  readonly class: string;
  readonly code: number;
  readonly reason: string;
}

function problem(response: ServerResponse, answer: Answer, usual: Problem): void {
  const body = {
    class: answer.class ?? usual.class,
    code: answer.code ?? usual.code,
    reason: answer.reason ?? usual.reason,
  };
  if (answer.retryAfter !== undefined) {
    response.setHeader('retry-after', String(answer.retryAfter));
  }
  answerJson(response, Number(answeredBy(answer)), body);
}

/** Writes what the answer says; `id` is told when the message was accepted. */
export function giveAnswer(response: ServerResponse, answer: Answer, id: string): void {
  switch (answer.kind) {
    case 'accept':
      return answerJson(response, 202, { id });
    case 'refuse':
      return problem(response, answer, { class: 'other', code: 1030, reason: 'Refused' });
    case 'rate_limit':
      return problem(response, answer, { class: 'rate_limited', code: 1000, reason: 'Throttled' });
    case 'fail':
      return problem(response, answer, { class: 'outage', code: 1331, reason: 'Provider error' });
    case 'hang':
      return;
    case 'drop':
      response.destroy();
      return;
    case 'cut':
      return cutHalfway(response, { id });
  }
}
