import { satisfies } from '../../domain/message';
import { totalUsage } from '../../domain/usage';
import { MAX_SIGNALS_PER_MESSAGE, type MessageStatus } from '../../domain/vocabulary';
import type { CallbackRow, DispatchRow, Facts, Finding, MessageRow } from './verify-facts';

/** I7: each receipt that was answered 2xx is kept, once, and led somewhere. */
export function receiptFindings(facts: Facts): Finding[] {
  const found: Finding[] = [];
  const kept = new Map(facts.receipts.map((row) => [row.dedupeKey, row]));
  for (const entry of facts.sent) {
    const subject = entry.ref ?? '';
    const genuine = entry.receipts.filter(({ signature }) => signature === 'valid');
    const acknowledged = genuine.filter(({ posts }) =>
      posts.some(({ answer }) => typeof answer === 'number' && answer < 300),
    );
    for (const { eventId, status } of acknowledged) {
      if (!kept.has(`event:${eventId}`)) {
        found.push({ invariant: 'I7', subject, seen: `2xx for ${status}, and it is not kept` });
      }
    }
    const events = new Set(genuine.map(({ eventId }) => eventId));
    const rows = facts.receipts.filter(({ messageId }) => messageId === entry.ref);
    if (rows.length > events.size) {
      const seen = `${rows.length} rows for ${events.size} receipts`;
      found.push({ invariant: 'I7', subject, seen });
    }
  }
  const waiting = facts.receipts.filter(
    ({ state }) => state === 'pending' || state === 'unmatched',
  );
  waiting.forEach(({ dedupeKey: subject, state: seen }) =>
    found.push({ invariant: 'I7', subject, seen }),
  );
  facts.messages
    .filter(({ signals }) => signals > MAX_SIGNALS_PER_MESSAGE)
    .forEach(({ id: subject, signals }) =>
      found.push({ invariant: 'I7', subject, seen: `${signals} signals` }),
    );
  return found;
}

/** I9: each recorded status has its callback; the receiver got the same bytes under the same id, however often. */
export function statusFindings(facts: Facts): Finding[] {
  const told = new Set(facts.callbacks.map((row) => `${row.messageId}:${row.status}`));
  const untold = facts.messages.flatMap(({ id, statuses }) =>
    statuses
      .filter(({ status }) => !told.has(`${id}:${status}`))
      .map(({ status }) => ({ invariant: 'I9', subject: id, seen: `${status} has no callback` })),
  );
  return [
    ...untold,
    ...facts.callbacks.flatMap((row) => postFindings(facts, row)),
    ...strangers(facts),
  ];
}

function postFindings(facts: Facts, row: CallbackRow): Finding[] {
  const at = (seen: string): Finding[] => [
    { invariant: 'I9', subject: row.id, seen: `${row.event} ${row.status}: ${seen}` },
  ];
  const posts = facts.taken.filter(({ webhookId }) => webhookId === row.id);
  if (row.state === 'taken' && !posts.some(({ answered }) => answered === 200)) {
    return at('taken, but the receiver never got it');
  }
  if (row.state !== 'taken') {
    return at(row.state);
  }
  const bytes = Buffer.from(row.body).toString('base64');
  return posts.every(({ rawBase64 }) => rawBase64 === bytes) ? [] : at('other bytes were posted');
}

function strangers(facts: Facts): Finding[] {
  const ids = new Set(facts.callbacks.map(({ id }) => id));
  return facts.taken.flatMap(({ webhookId = '', standardWebhooks, vonageJwt }) => {
    const at = (seen: string): Finding[] => [{ invariant: 'I9', subject: webhookId, seen }];
    if (!ids.has(webhookId)) {
      return at('posted, but not stored under this id');
    }
    const isSigned = standardWebhooks.verdict === 'valid' && vonageJwt.verdict === 'valid';
    return isSigned ? [] : at('a signature is wrong');
  });
}

interface ReportBody {
  readonly status: string;
  readonly usage: { readonly price: string; readonly currency: string };
  readonly _links: {
    readonly messages: readonly {
      readonly message_uuid: string;
      readonly status: MessageStatus;
      readonly usage?: { readonly price: string; readonly currency: string };
    }[];
  };
}

/** I10: a final report lists the steps that began, adds up their usage, and says how the dispatch ended. */
export function reportFindings(facts: Facts): Finding[] {
  return facts.callbacks
    .filter(({ event }) => event === 'dispatch.final')
    .flatMap((row) => {
      const dispatch = facts.dispatches.find(({ id }) => id === row.dispatchId);
      const begun = facts.messages.filter(
        ({ dispatchId, startedAt }) => dispatchId === row.dispatchId && startedAt !== null,
      );
      const body = JSON.parse(row.body) as ReportBody;
      return [
        ...listSeen(body, begun),
        ...usageSeen(body, dispatch),
        ...endSeen(body, dispatch),
      ].map((seen) => ({ invariant: 'I10', subject: row.dispatchId, seen }));
    });
}

function listSeen(body: ReportBody, begun: readonly MessageRow[]): string[] {
  const listed = body._links.messages.map((message) => message.message_uuid);
  const isSame = listed.join() === begun.map(({ id }) => id).join();
  return isSame ? [] : [`lists ${listed.length} messages, ${begun.length} began`];
}

function usageSeen({ usage, _links }: ReportBody, dispatch: DispatchRow | undefined): string[] {
  const { price } = totalUsage(_links.messages, usage.currency, dispatch?.fee);
  return price === usage.price
    ? []
    : [`says ${usage.price}, its messages and the fee make ${price}`];
}

function endSeen({ status, _links }: ReportBody, dispatch: DispatchRow | undefined): string[] {
  const stored = dispatch?.status === 'completed' ? 'completed' : 'error';
  const last = _links.messages.at(-1)?.status ?? 'planned';
  return [
    ...(status === stored ? [] : [`says ${status}, stored is ${stored}`]),
    ...(status === 'completed' && !satisfies(last) ? [`completed, and lists ${last} last`] : []),
  ];
}
