import fc from 'fast-check';
import { parseCreateDispatch } from '../../contract/create-dispatch';
import { DomainError } from '../../domain/errors';
import {
  aMessage,
  aRequest,
  faultsOf,
  LIMITS,
  messageFaults,
  stepOf,
  withFailover,
} from './requests';

/** The request that the reference page prints: one message, which is first and last, with a failover. */
const PRINTED_EXAMPLE = {
  template: 'failover',
  workflow: [
    {
      to: { type: 'sms', id: '0123456789012345', number: '447700900000' },
      from: { type: 'sms', id: '0123456789012345', number: '447700900000' },
      message: {
        content: {
          type: 'text',
          text: 'Vonage Verification code: 64873. Valid for 10 minutes.',
          image: {
            url: 'https://example.com/image.jpg',
            caption: 'Additional text to accompany the image.',
          },
          audio: { url: 'https://example.com/audio.mp3' },
          video: { url: 'https://example.com/video.mp4' },
          file: {
            url: 'https://example.com/file.zip',
            caption: 'Additional text to accompany the image.',
          },
          template: {
            name: 'whatsapp:hsm:technology:vonage:verify',
            parameters: [{ default: '1234' }],
          },
        },
        viber_service_msg: { category: 'transaction', ttl: 600 },
        messenger: { category: 'message_tag', tag: 'ticket_update' },
        whatsapp: { policy: 'deterministic', locale: 'en-GB' },
      },
      failover: { expiry_time: 600, condition_status: 'delivered' },
    },
  ],
};

describe('the request', () => {
  test('becomes steps in the order of the array', () => {
    const dispatch = parseCreateDispatch(
      aRequest(
        withFailover(aMessage('viber_service_msg'), { expiry_time: 60, condition_status: 'read' }),
        aMessage('sms', undefined, { step: { client_ref: 'order-7' } }),
      ),
      LIMITS,
    );

    expect(dispatch).toEqual({
      template: 'failover',
      steps: [
        {
          position: 0,
          channel: 'viber_service_msg',
          recipient: { type: 'viber_service_msg', number: '447700900000' },
          sender: { type: 'viber_service_msg', id: '16273' },
          content: { type: 'text', text: 'Hello' },
          failover: { condition: 'read', expirySeconds: 60 },
        },
        {
          position: 1,
          channel: 'sms',
          recipient: { type: 'sms', number: '447700900000' },
          sender: { type: 'sms', number: '447700900001' },
          content: { type: 'text', text: 'Hello' },
          clientRef: 'order-7',
        },
      ],
    });
  });

  test.each([undefined, null, 'text', 5, true, []])('that is %j is no JSON object', (body) => {
    expect(faultsOf(body)).toEqual(['body: must be a JSON object']);
  });

  test('contract 4: template and workflow are required', () => {
    expect(faultsOf({})).toEqual(['template: is required', 'workflow: is required']);
  });

  test('contract 4: template must be failover', () => {
    expect(faultsOf({ ...aRequest(aMessage()), template: 'fallback' })).toEqual([
      'template: must be failover',
    ]);
  });

  test('workflow must be an array', () => {
    expect(faultsOf({ template: 'failover', workflow: aMessage() })).toEqual([
      'workflow: must be an array of messages',
    ]);
  });

  test.each([null, 'sms', [], 3])('a message that is %j is refused', (message) => {
    const reason = message === null ? 'is required' : 'must be an object';
    expect(messageFaults(message)).toEqual([`workflow[0]: ${reason}`]);
  });

  test('contract 4: to, from and message are required', () => {
    expect(messageFaults({})).toEqual([
      'workflow[0].to: is required',
      'workflow[0].from: is required',
      'workflow[0].message: is required',
    ]);
  });

  test('contract 4: content and content.type are required', () => {
    expect(messageFaults({ ...aMessage(), message: {} })).toEqual([
      'workflow[0].message.content: is required',
    ]);
    expect(messageFaults(aMessage('sms', { text: 'Hello' }))).toEqual([
      'workflow[0].message.content.type: is required',
    ]);
  });

  test('contract 9.4 all faults are told at once, and counted', () => {
    const body = {
      workflow: [
        { ...aMessage('sms', { type: 'text', text: '' }), failover: { expiry_time: 5 } },
        aMessage('whatsapp', { type: 'template', template: {} }),
        { to: { type: 'messenger' }, from: 'me', message: { content: { type: 'img' } } },
      ],
    };

    expect(faultsOf(body)).toEqual([
      'template: is required',
      'workflow[0].message.content.text: must not be empty',
      'workflow[0].failover.expiry_time: must be a whole number of seconds from 15 to 86400',
      'workflow[0].failover.condition_status: is required',
      'workflow[1].message.content.template.name: is required',
      'workflow[1].message.whatsapp.locale: is required when a template is sent',
      'workflow[1].failover: is required on every message but the last',
      'workflow[2].from: must be an object',
      'workflow[2].to.id: is required',
      'workflow[2].message.content.type: must be one of text, image, audio, video, file, custom on messenger',
    ]);
    expect(() => parseCreateDispatch(body, LIMITS)).toThrow(
      'Found errors validating 10 of your submitted parameters.',
    );
  });

  test('contract 9.5 a fault carries its full path', () => {
    expect(faultsOf(aRequest(withFailover(aMessage()), aMessage('sms', { type: 'text' })))).toEqual(
      ['workflow[1].message.content.text: is required'],
    );
  });
});

describe('failover', () => {
  test('contract 9.6 a message before the last without failover is refused', () => {
    expect(faultsOf(aRequest(aMessage(), aMessage()))).toEqual([
      'workflow[0].failover: is required on every message but the last',
    ]);
  });

  test('contract 9.6 failover on the last message is refused', () => {
    expect(faultsOf(aRequest(withFailover(aMessage()), withFailover(aMessage())))).toEqual([
      'workflow[1].failover: must not be on the last message: nothing comes after it',
    ]);
  });

  test('contract 9.6 the printed example is refused for its failover alone', () => {
    expect(faultsOf(PRINTED_EXAMPLE)).toEqual([
      'workflow[0].failover: must not be on the last message: nothing comes after it',
    ]);
  });

  test('the printed example with a message after it is accepted', () => {
    const [first] = PRINTED_EXAMPLE.workflow;

    const dispatch = parseCreateDispatch(aRequest(first, aMessage()), LIMITS);

    expect(dispatch.steps[0]).toEqual({
      position: 0,
      channel: 'sms',
      recipient: { type: 'sms', number: '447700900000' },
      sender: { type: 'sms', number: '447700900000' },
      content: {
        ...first?.message.content,
        viber_service_msg: { category: 'transaction', ttl: 600 },
        messenger: { category: 'message_tag', tag: 'ticket_update' },
        whatsapp: { policy: 'deterministic', locale: 'en-GB' },
      },
      failover: { condition: 'delivered', expirySeconds: 600 },
    });
  });

  test('failover: null counts as none', () => {
    expect(messageFaults({ ...aMessage(), failover: null })).toEqual([]);
    expect(faultsOf(aRequest({ ...aMessage(), failover: null }, aMessage()))).toEqual([
      'workflow[0].failover: is required on every message but the last',
    ]);
  });

  test('contract 4: expiry_time and condition_status are required', () => {
    expect(faultsOf(aRequest({ ...aMessage(), failover: {} }, aMessage()))).toEqual([
      'workflow[0].failover.expiry_time: is required',
      'workflow[0].failover.condition_status: is required',
    ]);
  });

  test('a failover that is no object is refused', () => {
    expect(faultsOf(aRequest({ ...aMessage(), failover: 600 }, aMessage()))).toEqual([
      'workflow[0].failover: must be an object',
    ]);
  });

  test.each([15, 600, 86_400, '15', '600', '86400'])(
    'contract 9.9 an expiry_time of %j is accepted',
    (expiry) => {
      const { steps } = parseCreateDispatch(
        aRequest(withFailover(aMessage(), { expiry_time: expiry }), aMessage()),
        LIMITS,
      );

      expect(steps[0]?.failover?.expirySeconds).toBe(Number(expiry));
    },
  );

  test.each([
    14,
    86_401,
    15.5,
    '14',
    '86401',
    '60.5',
    '6e2',
    ' 600',
    '',
    'soon',
    true,
    [600],
    -600,
  ])('contract 9.9 an expiry_time of %j is refused', (expiry) => {
    expect(
      faultsOf(aRequest(withFailover(aMessage(), { expiry_time: expiry }), aMessage())),
    ).toEqual([
      'workflow[0].failover.expiry_time: must be a whole number of seconds from 15 to 86400',
    ]);
  });

  test('the shortest expiry_time is configuration', () => {
    const body = aRequest(withFailover(aMessage(), { expiry_time: 1 }), aMessage());

    expect(faultsOf(body, { ...LIMITS, minExpirySeconds: 1 })).toEqual([]);
    expect(faultsOf(body, { ...LIMITS, minExpirySeconds: 2 })).toEqual([
      'workflow[0].failover.expiry_time: must be a whole number of seconds from 2 to 86400',
    ]);
  });

  test.each(['delivered', 'read'])('contract 4: condition_status may be %s', (condition) => {
    const { steps } = parseCreateDispatch(
      aRequest(withFailover(aMessage('whatsapp'), { condition_status: condition }), aMessage()),
      LIMITS,
    );

    expect(steps[0]?.failover?.condition).toBe(condition);
  });

  test.each(['submitted', 'READ', '', 1])('a condition_status of %j is refused', (condition) => {
    expect(
      faultsOf(aRequest(withFailover(aMessage(), { condition_status: condition }), aMessage())),
    ).toEqual(['workflow[0].failover.condition_status: must be one of delivered, read']);
  });

  test('contract 9.12 condition_status read is accepted on sms', () => {
    expect(
      faultsOf(aRequest(withFailover(aMessage(), { condition_status: 'read' }), aMessage())),
    ).toEqual([]);
  });
});

describe('the number of messages', () => {
  test('contract 9.7 an empty workflow is refused', () => {
    expect(faultsOf(aRequest())).toEqual(['workflow: must hold at least one message']);
  });

  test('contract 9.7 one message without failover is accepted', () => {
    expect(parseCreateDispatch(aRequest(aMessage()), LIMITS).steps).toHaveLength(1);
  });

  test('contract 9.7 as many messages as the limit are accepted, one more is refused', () => {
    const many = (count: number) => [
      ...Array(count - 1).fill(withFailover(aMessage())),
      aMessage(),
    ];

    expect(parseCreateDispatch(aRequest(...many(25)), LIMITS).steps).toHaveLength(25);
    expect(faultsOf(aRequest(...many(26)))).toEqual(['workflow: must hold at most 25 messages']);
    expect(faultsOf(aRequest(...many(3)), { ...LIMITS, maxSteps: 2 })).toEqual([
      'workflow: must hold at most 2 messages',
    ]);
  });
});

describe('unknown keys', () => {
  test('contract 9.8 are ignored at every depth', () => {
    const message = aMessage('whatsapp', {
      type: 'image',
      image: { url: 'https://example.com/a.png', width: 3 },
      color: 'red',
    });
    const body = {
      ...aRequest(
        { ...withFailover(message, { note: 1 }), ttl: 4 },
        {
          to: { type: 'sms', number: '447700900000', name: 'Ada' },
          from: { type: 'sms', number: 'ACME', vat: 1 },
          message: { content: { type: 'text', text: 'x' }, sms: {} },
        },
      ),
      api_key: 'a',
      sig: 'b',
    };

    const { steps } = parseCreateDispatch(body, LIMITS);

    expect(steps.map(({ channel }) => channel)).toEqual(['whatsapp', 'sms']);
    expect(steps[1]?.recipient).toEqual({ type: 'sms', number: '447700900000' });
    expect(steps[0]?.failover).toEqual({ condition: 'delivered', expirySeconds: 600 });
  });
});

describe('client_ref', () => {
  test('contract 9.35 up to 40 characters are kept', () => {
    const reference = '😀'.repeat(40);

    expect(stepOf(aMessage('sms', undefined, { step: { client_ref: reference } })).clientRef).toBe(
      reference,
    );
  });

  test.each([
    ['x'.repeat(41), 'must be at most 40 characters long'],
    ['', 'must not be empty'],
    [7, 'must be a string'],
    ['a\0b', 'must not hold U+0000 or half of a surrogate pair'],
  ])('contract 9.35 %j is refused', (reference, reason) => {
    expect(messageFaults(aMessage('sms', undefined, { step: { client_ref: reference } }))).toEqual([
      `workflow[0].client_ref: ${reason}`,
    ]);
  });

  test('is absent when it was not given', () => {
    expect(stepOf(aMessage())).not.toHaveProperty('clientRef');
    expect(stepOf(aMessage('sms', undefined, { step: { client_ref: null } }))).not.toHaveProperty(
      'clientRef',
    );
  });
});

describe('hostile input', () => {
  test('any JSON is either read or refused with invalid_input', () => {
    const json = fc.jsonValue({ maxDepth: 5 });
    const content = fc.record({ type: fc.constantFrom('text', 'image', 'template', 'custom', 1) });
    const message = fc.record(
      {
        to: json,
        from: json,
        message: fc.record({ content: fc.oneof(json, content) }),
        failover: json,
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      json,
      fc.record({ template: fc.constant('failover'), workflow: fc.array(fc.oneof(json, message)) }),
    );

    fc.assert(
      fc.property(body, (value) => {
        try {
          expect(parseCreateDispatch(value, LIMITS).steps.length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof DomainError)) {
            throw error;
          }
          expect(error.code).toBe('invalid_input');
          expect(error.options.parameters).not.toHaveLength(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no more than a thousand faults are listed', () => {
    const parameters = Array<number>(900).fill(1);
    const template = aMessage(
      'whatsapp',
      { type: 'template', template: { name: 'ns:verify', parameters } },
      { message: { whatsapp: { locale: 'en-GB' } } },
    );

    expect(faultsOf(aRequest(withFailover(template), template))).toHaveLength(1_000);
  });

  test('a hundred thousand small objects are read', () => {
    const custom = { list: Array.from({ length: 120_000 }, () => ({})) };

    expect(messageFaults(aMessage('messenger', { type: 'custom', custom }))).toEqual([]);
  });

  test('nesting without end is refused, not followed', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`);

    const faults = messageFaults(aMessage('messenger', { type: 'custom', custom: deep }));

    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('must not be nested deeper than 20 levels');
  });
});
