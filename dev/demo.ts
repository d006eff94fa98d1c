/**
 * `npm run demo`: everything from nothing, a real dispatch over HTTP that fails over twice with real timers, its callbacks
 * as they arrive, the final report and the links. Exit 0 when the report is right, else 1. `-- --keep` stays up.
 */
import { parseArgs } from 'node:util';
import { checkReport, describeCallback, type ReceivedCallback } from './demo-callbacks';
import { DEMO_DISPATCH, STORY } from './demo-dispatch';
import { readableLine } from './readable-line';
import { startStack, type Stack } from './stack';

/** Longest wait for the final report: the first step's fifteen seconds, and room. */
const REPORT_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
  const interrupted = interruption();
  const stack = await startStack({
    env: { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn' },
    log: say,
    onLine: (part, line) => {
      if (part === 'api' || part === 'worker') {
        say(`  ${part}: ${readableLine(line)}`);
      }
    },
  });
  try {
    const right = await Promise.race([runStory(stack), interrupted.then(() => false)]);
    if (values.keep) {
      say('\nStaying up, Ctrl-C stops everything.');
      await Promise.race([interrupted, stack.fallen]);
    }
    process.exitCode = right ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

async function runStory(stack: Stack): Promise<boolean> {
  say(STORY);
  const dispatchId = await send(stack);
  say(`\n202 Accepted, dispatch_uuid ${dispatchId}`);
  if (stack.temporal.uiUrl !== undefined) {
    say(
      `Watch it: ${stack.temporal.uiUrl}/namespaces/${stack.temporal.namespace}/workflows/${dispatchId}`,
    );
  }
  say('\nWhat the caller’s webhook gets:');
  const callbacks = await follow(stack, dispatchId);
  const problems = checkReport(callbacks);
  const report = callbacks.find(({ body }) => 'template' in body);
  say(`\nThe final report:\n${JSON.stringify(report?.body ?? null, null, 2)}`);
  say('\nWhy, by GET /v0.1/dispatch/:id :');
  say(await explain(stack, dispatchId));
  say(
    problems.length === 0
      ? '\nThe report is right: two failovers, delivered by sms, every callback signed.'
      : `\nThe report is wrong:\n  ${problems.join('\n  ')}`,
  );
  return problems.length === 0;
}

function basic(stack: Stack): string {
  const { apiKey, apiSecret } = stack.seeded.basic;
  return `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
}

async function send(stack: Stack): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}/v0.1/dispatch`, {
    method: 'POST',
    headers: { authorization: basic(stack), 'content-type': 'application/json' },
    body: JSON.stringify(DEMO_DISPATCH),
  });
  const body = (await answer.json()) as { dispatch_uuid?: string };
  if (answer.status !== 202 || body.dispatch_uuid === undefined) {
    throw new Error(`the API answered ${answer.status}: ${JSON.stringify(body)}`);
  }
  return body.dispatch_uuid;
}

/** Shows each callback as it arrives, until the final report is there. */
async function follow(stack: Stack, dispatchId: string): Promise<ReceivedCallback[]> {
  const begunAt = Date.now();
  let seen: ReceivedCallback[] = [];
  while (Date.now() - begunAt < REPORT_WITHIN_MS) {
    const answer = await fetch(`${stack.simulatorUrl}/callbacks?dispatch=${dispatchId}`);
    const { callbacks } = (await answer.json()) as { callbacks: ReceivedCallback[] };
    for (const callback of callbacks.slice(seen.length)) {
      say(`  ${seconds(callback.at - begunAt)}  ${describeCallback(callback)}`);
    }
    seen = callbacks;
    if (seen.some(({ body }) => 'template' in body)) {
      return seen;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return seen;
}

async function explain(stack: Stack, dispatchId: string): Promise<string> {
  const answer = await fetch(`${stack.apiUrl}/v0.1/dispatch/${dispatchId}`, {
    headers: { authorization: basic(stack) },
  });
  const { steps } = (await answer.json()) as {
    steps: { channel: string; outcome?: string; cause?: { kind: string } }[];
  };
  return steps
    .map(
      ({ channel, outcome, cause }, index) =>
        `  step ${index + 1}  ${channel.padEnd(18)} ${outcome ?? '?'}: ${cause?.kind ?? '?'}`,
    )
    .join('\n');
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1).padStart(5)} s`;
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
