import { dispatchBody, messageBody } from '../../contract/dispatch-view';
import type { DispatchView, MessageView, StepView } from '../../domain/dispatch-view';

const AT = '2026-11-22T10:00:00.000Z';

const FULL_STEP: StepView = {
  position: 0,
  channel: 'viber_service_msg',
  failover: { condition: 'read', expirySeconds: 600 },
  messageId: 'm-0',
  status: 'delivered',
  startedAt: AT,
  acceptedAt: AT,
  expiresAt: '2026-11-22T10:10:00.000Z',
  endedAt: '2026-11-22T10:10:00.000Z',
  outcome: 'failed_over',
  cause: { kind: 'expired', required: 'read', lastStatus: 'delivered', at: AT },
  statuses: [{ status: 'submitted', at: AT }],
  attempts: [
    {
      number: 1,
      provider: 'SIMULATOR',
      account: 'a-1',
      state: 'refused',
      at: AT,
      ms: 41,
      error: { class: 'outage', code: 1230, reason: 'Network Error' },
    },
  ],
  usage: { price: '0.0333', currency: 'EUR' },
};
const PLANNED_STEP: StepView = {
  position: 1,
  channel: 'sms',
  messageId: 'm-1',
  status: 'planned',
  statuses: [],
  attempts: [],
};
const FULL_STEP_BODY = {
  position: 0,
  channel: 'viber_service_msg',
  failover: { expiry_time: 600, condition_status: 'read' },
  message_uuid: 'm-0',
  status: 'delivered',
  started_at: AT,
  accepted_at: AT,
  expires_at: '2026-11-22T10:10:00.000Z',
  ended_at: '2026-11-22T10:10:00.000Z',
  outcome: 'failed_over',
  cause: { kind: 'expired', required: 'read', last_status: 'delivered', at: AT },
  statuses: [{ status: 'submitted', at: AT }],
  attempts: [
    {
      number: 1,
      provider: 'SIMULATOR',
      account: 'a-1',
      state: 'refused',
      at: AT,
      ms: 41,
      error: { class: 'outage', code: 1230, reason: 'Network Error' },
    },
  ],
  usage: { price: '0.0333', currency: 'EUR' },
};

function aDispatch(more: Partial<DispatchView> = {}): DispatchView {
  return {
    dispatchId: 'd-1',
    status: 'running',
    createdAt: AT,
    totals: [{ price: '0.0333', currency: 'EUR' }],
    steps: [],
    callbacks: [],
    ...more,
  };
}

/** What a client receives. */
function received(body: object): unknown {
  return JSON.parse(JSON.stringify(body));
}

test('GET of a dispatch answers with its whole timeline', () => {
  const view = aDispatch({
    status: 'completed',
    cause: 'condition_met',
    endedAt: AT,
    currentStep: 1,
    steps: [FULL_STEP, PLANNED_STEP],
    callbacks: [
      {
        id: 'c-1',
        event: 'message.status',
        messageId: 'm-0',
        status: 'delivered',
        state: 'taken',
        attempts: 1,
        lastAt: AT,
      },
      { id: 'c-2', event: 'dispatch.final', status: 'completed', state: 'pending', attempts: 0 },
    ],
  });

  expect(received(dispatchBody(view))).toStrictEqual({
    dispatch_uuid: 'd-1',
    template: 'failover',
    status: 'completed',
    cause: 'condition_met',
    created_at: AT,
    ended_at: AT,
    usage: { price: '0.0333', currency: 'EUR' },
    current_step: 1,
    steps: [
      FULL_STEP_BODY,
      {
        position: 1,
        channel: 'sms',
        message_uuid: 'm-1',
        status: 'planned',
        statuses: [],
        attempts: [],
      },
    ],
    callbacks: [
      {
        id: 'c-1',
        event: 'message.status',
        message_uuid: 'm-0',
        status: 'delivered',
        state: 'taken',
        attempts: 1,
        last_at: AT,
      },
      { id: 'c-2', event: 'dispatch.final', status: 'completed', state: 'pending', attempts: 0 },
    ],
  });
});

test('what is not known yet is absent, also the step before the first claim', () => {
  expect(received(dispatchBody(aDispatch()))).toStrictEqual({
    dispatch_uuid: 'd-1',
    template: 'failover',
    status: 'running',
    created_at: AT,
    usage: { price: '0.0333', currency: 'EUR' },
    steps: [],
    callbacks: [],
  });
});

test('the first step is current_step 0', () => {
  expect(received(dispatchBody(aDispatch({ currentStep: 0 })))).toHaveProperty('current_step', 0);
});

test('contract 9.23 GET shows totals per currency where several were charged', () => {
  const totals: DispatchView['totals'] = [
    { price: '0.0333', currency: 'EUR' },
    { price: '0.05', currency: 'USD' },
  ];

  expect(received(dispatchBody(aDispatch({ totals })))).toMatchObject({
    usage: { price: '0.0333', currency: 'EUR' },
    usage_by_currency: totals,
  });
});

test('GET of a message answers its step, its dispatch and its parties', () => {
  const view: MessageView = {
    ...FULL_STEP,
    dispatchId: 'd-1',
    recipient: { type: 'viber_service_msg', number: '447700900000' },
    sender: { type: 'viber_service_msg', id: '16273' },
  };

  expect(received(messageBody(view))).toStrictEqual({
    dispatch_uuid: 'd-1',
    ...FULL_STEP_BODY,
    to: { type: 'viber_service_msg', number: '447700900000' },
    from: { type: 'viber_service_msg', id: '16273' },
  });
});

test('GET of a message leaves out an erased person', () => {
  const body = received(messageBody({ ...PLANNED_STEP, dispatchId: 'd-1' }));

  expect(body).not.toHaveProperty('to');
  expect(body).not.toHaveProperty('from');
});
