import { validate, version } from 'uuid';
import { compose } from '../../callbacks/compose';
import type { ToldReport } from '../../store/finish';
import type { Message, ToldStatus } from '../../store/messages';

const MESSAGE: Message = {
  id: '0b7f0d0e-4f4e-4c3a-9a53-0d7a3c5f1a11',
  position: 0,
  channel: 'sms',
  recipient: { type: 'sms', number: '447700900001' },
  sender: { type: 'sms', number: '447700900000' },
  content: { type: 'text', text: 'hello' },
  clientRef: 'mine',
  accountIds: [],
  condition: 'delivered',
  expirySeconds: 60,
  status: 'delivered',
  error: null,
  price: '0.1',
  currency: 'EUR',
  usageRevision: 0,
  signals: 0,
  startedAt: new Date(0),
  acceptedAt: new Date(0),
};
const STATUS: ToldStatus = {
  dispatchId: 'f2b5a1b4-90c8-4b7e-a0df-51b7a6f7a6c2',
  message: MESSAGE,
  status: 'delivered',
  at: new Date('2026-11-22T10:00:00.000Z'),
  usageRevision: 0,
  hrefStyle: 'spec',
};
const REPORT: ToldReport = {
  dispatch: {
    id: STATUS.dispatchId,
    tenantId: 't',
    applicationId: 'a',
    endpointId: null,
    status: 'running',
    cause: null,
    position: 0,
    hrefStyle: 'spec',
    currency: 'EUR',
    fee: '0.002',
    corrections: false,
    stopOnLateSuccess: false,
    revision: 0,
    now: STATUS.at,
  },
  status: 'completed',
  revision: 1,
  at: STATUS.at,
  messages: [MESSAGE],
};

describe('what callbacks are called', () => {
  it('ids are fixed for ever: the same event has the same id in every release', () => {
    expect(compose.status(STATUS).id).toBe('4090a321-a51c-5328-8021-ce308287221d');
    expect(compose.report(REPORT).id).toBe('130571a4-eb16-58ad-b638-b2124544be94');
  });

  it('I9: the same event has the same id and bytes, another one another id', () => {
    const again = compose.status({ ...STATUS });
    const others = [
      compose.status(STATUS),
      compose.status({ ...STATUS, status: 'read' }),
      compose.status({ ...STATUS, usageRevision: 1 }),
      compose.status({ ...STATUS, message: { ...MESSAGE, id: STATUS.dispatchId } }),
      compose.report(REPORT),
      compose.report({ ...REPORT, revision: 2 }),
    ];

    expect(again).toEqual(others[0]);
    expect(new Set(others.map(({ id }) => id)).size).toBe(others.length);
    for (const { id } of others) {
      expect([validate(id), version(id)]).toEqual([true, 5]);
    }
  });

  it('a time or a price does not change the id of a status', () => {
    const later = compose.status({
      ...STATUS,
      at: new Date('2027-01-01T00:00:00.000Z'),
      usage: { price: '1', currency: 'EUR' },
    });

    expect(later.id).toBe(compose.status(STATUS).id);
  });

  it('an erased person is not told', () => {
    const { body } = compose.status({
      ...STATUS,
      message: { ...MESSAGE, recipient: null, sender: null, content: null },
    });

    expect(JSON.parse(body)).not.toHaveProperty('to');
    expect(body).not.toContain('447700');
  });

  it('contract 2 a message that was begun and of which nobody knows is listed as submitted', () => {
    const planned = { ...MESSAGE, status: 'planned', price: null, currency: null } as const;

    const { body } = compose.report({ ...REPORT, messages: [planned] });

    expect(JSON.parse(body)).toMatchObject({
      usage: { price: '0.002', currency: 'EUR' },
      _links: { messages: [{ status: 'submitted' }] },
    });
  });

  it('contract 9.20 only a correction carries a revision', () => {
    expect(JSON.parse(compose.report(REPORT).body)).not.toHaveProperty('revision');
    expect(JSON.parse(compose.report({ ...REPORT, revision: 2 }).body)).toMatchObject({
      revision: 2,
    });
  });
});
