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
  const { tag, key, answers } = wanted;
  const found: Finding[] = [];
  const add = (invariant: string, seen: string): void =>
    void found.push({ invariant, subject: tag, seen });
  const rows = facts.dispatches.filter((row) => row.tag === tag);
  const accepted = answers.filter(({ status }) => status === 202);
  const ids = new Set(accepted.map(({ dispatchId }) => dispatchId));
  for (const id of ids) {
    const row = rows.find((one) => one.id === id);
    if (row === undefined) {
      add('I1', `202 for ${id}, which is not stored`);
    } else if (row.cause === 'accept_unconfirmed') {
      add('I1', `202 for ${id}, which was taken back`);
    }
  }
  const sending = rows.filter(({ cause }) => cause !== 'accept_unconfirmed');
  if (key !== undefined && (ids.size > 1 || sending.length > 1)) {
    add('I2', `one key, ${ids.size} ids answered, ${sending.length} dispatches sending`);
  }
  const onlyRefused = answers.length > 0 && answers.every(({ status }) => status === 503);
  if (key === undefined && onlyRefused && rows.some((row) => wasSent(facts, row))) {
    add('I17', '503 without a key, and yet it was sent');
  }
  return found;
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
