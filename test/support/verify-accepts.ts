import type { Wanted } from './dispatch-caller';
import type { DispatchRow, Facts, Finding } from './verify-facts';

/** I1, I2, I13 and I17: what callers were answered, against what was stored and sent. */
export function acceptFindings(facts: Facts, wanted: readonly Wanted[]): Finding[] {
  return [
    ...wanted.flatMap((one) => answerFindings(facts, one)),
    ...facts.dispatches.flatMap((dispatch) => endFindings(facts, dispatch)),
  ];
}

function answerFindings(facts: Facts, wanted: Wanted): Finding[] {
  const rows = facts.dispatches.filter((row) => row.tag === wanted.tag);
  const ids = new Set(
    wanted.answers.flatMap(({ status, dispatchId }) => (status === 202 ? [dispatchId] : [])),
  );
  const seen = [
    ...[...ids].flatMap((id) => acceptedFindings(rows, id)),
    ...(wanted.key === undefined
      ? refusedFindings(facts, wanted, rows)
      : keyFindings(rows, ids.size)),
  ];
  return seen.map((one) => ({ ...one, subject: wanted.tag }));
}

type Seen = Omit<Finding, 'subject'>;

function acceptedFindings(rows: readonly DispatchRow[], id: string | undefined): Seen[] {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) {
    return [{ invariant: 'I1', seen: `202 for ${id}, which is not stored` }];
  }
  return row.cause === 'accept_unconfirmed'
    ? [{ invariant: 'I1', seen: `202 for ${id}, which was taken back` }]
    : [];
}

function keyFindings(rows: readonly DispatchRow[], ids: number): Seen[] {
  const sending = rows.filter(({ cause }) => cause !== 'accept_unconfirmed').length;
  return ids > 1 || sending > 1
    ? [{ invariant: 'I2', seen: `one key, ${ids} ids answered, ${sending} dispatches sending` }]
    : [];
}

function refusedFindings(facts: Facts, { answers }: Wanted, rows: readonly DispatchRow[]): Seen[] {
  const isRefused = answers.length > 0 && answers.every(({ status }) => status === 503);
  return isRefused && rows.some((row) => wasSent(facts, row))
    ? [{ invariant: 'I17', seen: '503 without a key, and yet it was sent' }]
    : [];
}

function endFindings(facts: Facts, dispatch: DispatchRow): Finding[] {
  const found: Finding[] = [];
  const add = (invariant: string, seen: string): void =>
    void found.push({ invariant, subject: dispatch.id, seen });
  const reports = facts.callbacks.filter(
    (row) => row.dispatchId === dispatch.id && row.event === 'dispatch.final',
  );
  const first = reports.filter(({ revision }) => revision === 1);
  if (dispatch.status === 'running') {
    add('I13', 'still running');
  }
  if (dispatch.cause === 'accept_unconfirmed') {
    if (reports.length > 0) {
      add('I1', 'taken back, and yet a report');
    }
    if (wasSent(facts, dispatch)) {
      add('I17', 'taken back, and yet sent');
    }
  } else if (first.length !== 1 || reports.length !== dispatch.revision) {
    add('I1', `${reports.length} reports, ${first.length} of them the first`);
  }
  return found;
}

function wasSent(facts: Facts, dispatch: DispatchRow): boolean {
  const ids = new Set(
    facts.messages.filter((row) => row.dispatchId === dispatch.id).map(({ id }) => id),
  );
  return (
    facts.attempts.some(({ messageId }) => ids.has(messageId)) ||
    facts.sent.some(({ ref }) => ref !== undefined && ids.has(ref))
  );
}
