/** Reads what the demo's receiver got: in words for people, and as a verdict. */

/** A callback as the simulator's receiver lists it. */
export interface ReceivedCallback {
  /** Arrival, milliseconds since 1970. */
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly standardWebhooks: { readonly verdict: string };
  readonly vonageJwt: { readonly verdict: string };
}

/** Statuses the story must bring, in each message's own order. */
const EXPECTED = {
  viber_service_msg: ['submitted'],
  whatsapp: ['submitted', 'rejected'],
  sms: ['submitted', 'delivered'],
};

export function describeCallback({ body, standardWebhooks, vonageJwt }: ReceivedCallback): string {
  const signed = `signatures ${standardWebhooks.verdict}, ${vonageJwt.verdict}`;
  if ('template' in body) {
    return `final report: ${String(body.status)}   (${signed})`;
  }
  const error = body.error as { code: number; reason: string } | undefined;
  const usage = body.usage as { price: string; currency: string } | undefined;
  const more = [
    error && `${error.code} ${error.reason}`,
    usage && `${usage.price} ${usage.currency}`,
  ].filter((text) => text !== undefined);
  const status = `${channelOf(body).padEnd(18)} ${String(body.status).padEnd(10)}`;
  return `${status} ${more.join(', ').padEnd(38)} (${signed})`;
}

/** What is wrong with the callbacks of the story; empty: nothing. */
export function checkReport(callbacks: readonly ReceivedCallback[]): string[] {
  const reports = callbacks.filter(({ body }) => 'template' in body);
  const [report] = reports;
  const problems: string[] = [];
  if (report === undefined || reports.length !== 1) {
    problems.push(`${reports.length} final reports instead of 1`);
  } else if (report.body.status !== 'completed') {
    problems.push(`its status is ${String(report.body.status)}`);
  }
  for (const [channel, expected] of Object.entries(EXPECTED)) {
    const statuses = callbacks
      .filter(({ body }) => 'message_uuid' in body && channelOf(body) === channel)
      .map(({ body }) => String(body.status))
      .toSorted((a, b) => expected.indexOf(a) - expected.indexOf(b));
    if (statuses.join() !== expected.join()) {
      problems.push(`${channel}: ${statuses.join() || 'nothing'} instead of ${expected.join()}`);
    }
  }
  const unsigned = callbacks.filter(
    ({ standardWebhooks, vonageJwt }) =>
      standardWebhooks.verdict !== 'valid' || vonageJwt.verdict !== 'valid',
  );
  return unsigned.length === 0 ? problems : [...problems, `${unsigned.length} not signed well`];
}

function channelOf(body: Readonly<Record<string, unknown>>): string {
  return (body.to as { type?: string } | undefined)?.type ?? '?';
}
