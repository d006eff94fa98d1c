import { finalReportBody, type FinalReportInput } from '../../contract/final-report-callback';
import { messageStatusBody, type MessageStatusInput } from '../../contract/message-status-callback';
import { MESSAGE_STATUSES } from '../../domain/vocabulary';

const DISPATCH = 'de8d9eaf-8d10-407f-840b-53473f26c173';
const FIRST = 'afb5f546-97e7-44ba-97cd-bb7706a93f4e';
const SECOND = 'e083fc2e-dffc-42c9-a7b3-446ee5fe67ba';

/** Real traffic of one failover, sms to sms, as published in 2018. */
const WIRE_LINKS = {
  dispatch: { href: `v0.1/dispatch/${DISPATCH}`, dispatch_uuid: DISPATCH },
};
const WIRE_SUBMITTED = {
  message_uuid: FIRST,
  to: { number: '447700900001', type: 'sms' },
  from: { number: '447700900000', type: 'sms' },
  timestamp: '2018-10-19T11:33:07.118Z',
  status: 'submitted',
  _links: WIRE_LINKS,
};
const WIRE_DELIVERED = {
  message_uuid: SECOND,
  to: { number: '447700900002', type: 'sms' },
  from: { number: '447700900000', type: 'sms' },
  timestamp: '2018-10-19T11:33:27.385Z',
  status: 'delivered',
  usage: { price: '0.0333', currency: 'EUR' },
  _links: WIRE_LINKS,
};
const WIRE_REPORT = {
  template: 'failover',
  status: 'completed',
  timestamp: '2018-10-19T11:33:27.450Z',
  usage: { price: '0.0353', currency: 'EUR' },
  dispatch_uuid: DISPATCH,
  _links: {
    messages: [
      {
        message_uuid: FIRST,
        href: `v0.1/messages/${FIRST}`,
        channel: 'sms',
        status: 'submitted',
      },
      {
        message_uuid: SECOND,
        href: `v0.1/messages/${SECOND}`,
        channel: 'sms',
        usage: { price: '0.0333', currency: 'EUR' },
        status: 'delivered',
      },
    ],
  },
};

function aStatus(more: Partial<MessageStatusInput> = {}): MessageStatusInput {
  return {
    messageId: SECOND,
    dispatchId: DISPATCH,
    recipient: { type: 'sms', number: '447700900002' },
    sender: { type: 'sms', number: '447700900000' },
    status: 'delivered',
    at: '2018-10-19T11:33:27.385Z',
    hrefStyle: 'spec',
    ...more,
  };
}

function aReport(more: Partial<FinalReportInput> = {}): FinalReportInput {
  return {
    dispatchId: DISPATCH,
    status: 'completed',
    at: '2018-10-19T11:33:27.450Z',
    usage: { price: '0.0353', currency: 'EUR' },
    messages: [
      { messageId: FIRST, channel: 'sms', status: 'submitted' },
      {
        messageId: SECOND,
        channel: 'sms',
        status: 'delivered',
        usage: { price: '0.0333', currency: 'EUR' },
      },
    ],
    hrefStyle: 'spec',
    ...more,
  };
}

describe('message status callback', () => {
  test('has the documented keys in the documented order', () => {
    const body = messageStatusBody(
      aStatus({
        status: 'rejected',
        error: { code: 1300, reason: 'Not part of the provider network' },
        usage: { price: '0.0333', currency: 'EUR' },
        clientRef: 'order-7',
      }),
    );

    expect(body).toBe(
      `{"message_uuid":"${SECOND}","to":{"type":"sms","number":"447700900002"},` +
        '"from":{"type":"sms","number":"447700900000"},"timestamp":"2018-10-19T11:33:27.385Z",' +
        '"status":"rejected","error":{"code":1300,"reason":"Not part of the provider network"},' +
        '"usage":{"currency":"EUR","price":"0.0333"},"client_ref":"order-7","_links":' +
        `{"workflow":{"dispatch_uuid":"${DISPATCH}","href":"/workflows/${DISPATCH}"},` +
        `"dispatch":{"dispatch_uuid":"${DISPATCH}","href":"/workflows/${DISPATCH}"}}}`,
    );
  });

  test.each(MESSAGE_STATUSES)('contract 5: %s is told as it is', (status) => {
    expect(JSON.parse(messageStatusBody(aStatus({ status })))).toMatchObject({ status });
  });

  test('contract 9.2 links the dispatch as workflow and as dispatch', () => {
    const { _links } = JSON.parse(messageStatusBody(aStatus()));

    expect(Object.keys(_links)).toEqual(['workflow', 'dispatch']);
    expect(_links.workflow).toEqual(_links.dispatch);
    expect(_links.workflow.dispatch_uuid).toBe(DISPATCH);
  });

  test('contract 9.3 hrefs are shaped as in the spec', () => {
    const { _links } = JSON.parse(messageStatusBody(aStatus()));

    expect(_links.workflow.href).toBe(`/workflows/${DISPATCH}`);
  });

  test.each([
    [
      'submitted',
      WIRE_SUBMITTED,
      aStatus({
        messageId: FIRST,
        recipient: { type: 'sms', number: '447700900001' },
        status: 'submitted',
        at: '2018-10-19T11:33:07.118Z',
      }),
    ],
    ['delivered', WIRE_DELIVERED, aStatus({ usage: { price: '0.0333', currency: 'EUR' } })],
  ])(
    'contract 9.3 in wire style equals the %s of 2018, with the spec link added',
    (_, wire, input) => {
      const body = JSON.parse(messageStatusBody({ ...input, hrefStyle: 'wire' }));

      expect(body).toEqual({
        ...wire,
        _links: { ...wire._links, workflow: wire._links.dispatch },
      });
    },
  );

  test('contract 9.22 an unpriced message has no usage, one without failure no error', () => {
    const body = JSON.parse(messageStatusBody(aStatus()));

    expect(Object.keys(body)).toEqual([
      'message_uuid',
      'to',
      'from',
      'timestamp',
      'status',
      '_links',
    ]);
  });

  test('contract 5: of an error only code and reason are told', () => {
    const error = { class: 'outage', code: 1331, reason: 'Provider error' } as const;

    expect(JSON.parse(messageStatusBody(aStatus({ error }))).error).toEqual({
      code: 1331,
      reason: 'Provider error',
    });
  });

  test('contract 9.35 client_ref is echoed', () => {
    expect(JSON.parse(messageStatusBody(aStatus({ clientRef: 'é😀' }))).client_ref).toBe('é😀');
  });

  test('contract 5: to and from say only what was used', () => {
    const body = JSON.parse(
      messageStatusBody(
        aStatus({
          recipient: { type: 'messenger', id: '99' },
          sender: { type: 'messenger', id: '107' },
        }),
      ),
    );

    expect(body.to).toEqual({ type: 'messenger', id: '99' });
    expect(body.from).toEqual({ type: 'messenger', id: '107' });
  });

  test('an erased person is left out', () => {
    const body = JSON.parse(messageStatusBody(aStatus({ recipient: undefined })));

    expect(body).not.toHaveProperty('to');
  });
});

describe('final report', () => {
  test('has the documented keys in the documented order', () => {
    expect(finalReportBody(aReport())).toBe(
      `{"dispatch_uuid":"${DISPATCH}","template":"failover","status":"completed",` +
        '"timestamp":"2018-10-19T11:33:27.450Z","usage":{"price":"0.0353","currency":"EUR"},' +
        `"_links":{"messages":[{"message_uuid":"${FIRST}","href":"${FIRST}","channel":"sms",` +
        `"status":"submitted"},{"message_uuid":"${SECOND}","href":"${SECOND}","channel":"sms",` +
        '"usage":{"currency":"EUR","price":"0.0333"},"status":"delivered"}]}}',
    );
  });

  test('contract 9.3 in wire style equals the report of 2018', () => {
    expect(JSON.parse(finalReportBody(aReport({ hrefStyle: 'wire' })))).toEqual(WIRE_REPORT);
  });

  test('contract 9.3 hrefs of messages are bare ids', () => {
    const { _links } = JSON.parse(finalReportBody(aReport()));

    expect(_links.messages.map((message: { href: string }) => message.href)).toEqual([
      FIRST,
      SECOND,
    ]);
  });

  test('contract 5: is told from a status by its template and its lack of message_uuid', () => {
    const report = JSON.parse(finalReportBody(aReport()));
    const status = JSON.parse(messageStatusBody(aStatus()));

    expect(report).toHaveProperty('template', 'failover');
    expect(report).not.toHaveProperty('message_uuid');
    expect(status).not.toHaveProperty('template');
    expect(status).toHaveProperty('message_uuid');
  });

  test('contract 9.18 the end is completed or error', () => {
    expect(JSON.parse(finalReportBody(aReport({ status: 'completed' }))).status).toBe('completed');
    expect(JSON.parse(finalReportBody(aReport({ status: 'error' }))).status).toBe('error');
    expect(JSON.parse(finalReportBody(aReport({ status: 'error' })))).not.toHaveProperty('cause');
  });

  test('a canceled dispatch reports error and says so beside it', () => {
    expect(JSON.parse(finalReportBody(aReport({ status: 'canceled' })))).toMatchObject({
      status: 'error',
      cause: 'canceled',
    });
  });

  test('contract 9.20 a correction carries its revision and whether delivery was doubled', () => {
    const body = JSON.parse(finalReportBody(aReport({ revision: 2, duplicateDelivery: true })));

    expect(body).toMatchObject({ revision: 2, duplicate_delivery: true });
    expect(JSON.parse(finalReportBody(aReport()))).not.toHaveProperty('revision');
    expect(JSON.parse(finalReportBody(aReport()))).not.toHaveProperty('duplicate_delivery');
    expect(
      JSON.parse(finalReportBody(aReport({ revision: 3, duplicateDelivery: false }))),
    ).toHaveProperty('duplicate_delivery', false);
  });

  test('contract 9.22 the total is there even when nothing was charged', () => {
    const body = JSON.parse(
      finalReportBody(aReport({ usage: { price: '0', currency: 'EUR' }, messages: [] })),
    );

    expect(body.usage).toEqual({ price: '0', currency: 'EUR' });
    expect(body._links).toEqual({ messages: [] });
  });

  test('contract 9.10 viber is spelled as documented', () => {
    const messages = [{ messageId: FIRST, channel: 'viber_service_msg', status: 'read' } as const];

    expect(finalReportBody(aReport({ messages }))).toContain('"channel":"viber_service_msg"');
  });
});
