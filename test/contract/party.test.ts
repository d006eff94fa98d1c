import { aMessage, LIMITS, messageFaults, stepOf, type Json } from './requests';

const EXAMPLE = 'for example 447700900000';

function withParty(channel: string, side: 'to' | 'from', party: Json): Json {
  const message = aMessage(
    channel,
    channel === 'mms' ? { type: 'image', image: { url: 'https://example.com/a' } } : undefined,
  );
  return { ...message, [side]: { type: channel, ...party } };
}

describe('the channel', () => {
  test.each(['sms', 'whatsapp', 'messenger', 'viber_service_msg'])(
    'contract 4: %s is a channel',
    (channel) => {
      expect(stepOf(aMessage(channel)).channel).toBe(channel);
    },
  );

  test('contract 9.10 mms is a fifth channel', () => {
    const content = { type: 'image', image: { url: 'https://example.com/a.gif' } };

    expect(stepOf(aMessage('mms', content)).channel).toBe('mms');
  });

  test.each(['viber_sevice_msg', 'viber_service_message', 'SMS', 'constructor', '', 7, {}])(
    'contract 9.10 %j is no channel',
    (type) => {
      const reason = 'must be one of sms, mms, whatsapp, messenger, viber_service_msg';
      const message = { ...aMessage(), to: { type }, from: { type } };

      expect(messageFaults(message)).toEqual([
        `workflow[0].to.type: ${reason}`,
        `workflow[0].from.type: ${reason}`,
      ]);
    },
  );

  test('contract 9.11 from.type unlike to.type is refused', () => {
    const message = { ...aMessage(), from: { type: 'mms', number: '12345' } };

    expect(messageFaults(message)).toEqual([
      'workflow[0].from.type: must be the same as to.type, sms',
    ]);
  });

  test('both types are required', () => {
    const message = { ...aMessage(), to: { number: '44' }, from: { number: '44' } };

    expect(messageFaults(message)).toEqual([
      'workflow[0].to.type: is required',
      'workflow[0].from.type: is required',
    ]);
  });
});

describe('what each channel needs', () => {
  test.each([
    ['sms', 'to', 'number'],
    ['sms', 'from', 'number'],
    ['mms', 'to', 'number'],
    ['mms', 'from', 'number'],
    ['whatsapp', 'to', 'number'],
    ['whatsapp', 'from', 'number'],
    ['viber_service_msg', 'to', 'number'],
    ['viber_service_msg', 'from', 'id'],
    ['messenger', 'to', 'id'],
    ['messenger', 'from', 'id'],
  ] as const)('contract 4: %s needs %s.%s', (channel, side, key) => {
    const other = key === 'id' ? { number: '447700900000' } : { id: '0123456789012345' };

    expect(messageFaults(withParty(channel, side, other))).toEqual([
      `workflow[0].${side}.${key}: is required`,
    ]);
  });

  test('contract 4: an extra id beside number is accepted and dropped', () => {
    const party = { id: '0123456789012345', number: '447700900000' };

    expect(stepOf(withParty('sms', 'to', party)).recipient).toEqual({
      type: 'sms',
      number: '447700900000',
    });
    expect(stepOf(withParty('sms', 'from', { ...party, id: ['odd'] })).sender).toEqual({
      type: 'sms',
      number: '447700900000',
    });
  });

  test('contract 4: an extra number beside id is accepted and dropped', () => {
    const party = { id: 'me', number: '+ what' };

    expect(stepOf(withParty('messenger', 'to', party)).recipient).toEqual({
      type: 'messenger',
      id: 'me',
    });
  });
});

describe('a recipient number', () => {
  test.each([
    ['+447700900000', `must not start with +: start with the country code, ${EXAMPLE}`],
    ['00447700900000', `must not start with 00: start with the country code, ${EXAMPLE}`],
    ['07700900000', `must start with the country code, not with 0, ${EXAMPLE}`],
    ['44 7700 900000', `must hold digits only, no spaces or dashes, ${EXAMPLE}`],
    ['ACME', `must hold digits only, no spaces or dashes, ${EXAMPLE}`],
    ['٤٤٧٧٠٠٩٠٠٠٠٠', `must hold digits only, no spaces or dashes, ${EXAMPLE}`],
    ['4477009000001234', 'must be at most 15 digits long'],
    ['', 'must not be empty'],
    [true, 'must be a string'],
    [null, 'is required'],
  ])('contract 4: %j is refused', (number, reason) => {
    for (const channel of ['sms', 'mms', 'whatsapp', 'viber_service_msg']) {
      expect(messageFaults(withParty(channel, 'to', { number }))).toEqual([
        `workflow[0].to.number: ${reason}`,
      ]);
    }
  });

  test('contract 9.9 a JSON number is taken as its digits', () => {
    expect(stepOf(withParty('sms', 'to', { number: 447700900000 })).recipient.number).toBe(
      '447700900000',
    );
    expect(stepOf(withParty('messenger', 'to', { id: 107083064136738 })).recipient.id).toBe(
      '107083064136738',
    );
  });

  test.each([4.5, -447700900000, 2 ** 53, 1e21])(
    'contract 9.9 the JSON number %p is refused',
    (number) => {
      expect(messageFaults(withParty('sms', 'to', { number }))).toEqual([
        'workflow[0].to.number: must be a string: as a JSON number it has lost its exact digits',
      ]);
    },
  );
});

describe('a sender', () => {
  test.each(['447700900000', '12345', 'ACME', 'Acme Shop', 'Żabka', 447700900000])(
    'contract 4: of sms may be %j',
    (number) => {
      expect(stepOf(withParty('sms', 'from', { number })).sender.number).toBe(String(number));
    },
  );

  test.each([
    ['+447700900000', `must not start with +: start with the country code, ${EXAMPLE}`],
    ['0044770090000', `must not start with 00: start with the country code, ${EXAMPLE}`],
    ['1234567890123456', 'must be at most 15 digits long'],
    ['A'.repeat(51), 'must be at most 50 characters long'],
    ['   ', 'must not be blank'],
    ['', 'must not be empty'],
    ['AC\nME', 'must not hold control characters or half of a surrogate pair'],
  ])('contract 4: of sms may not be %j', (number, reason) => {
    expect(messageFaults(withParty('sms', 'from', { number }))).toEqual([
      `workflow[0].from.number: ${reason}`,
    ]);
  });

  test('contract 4: of whatsapp and mms is a number, never a name', () => {
    for (const channel of ['whatsapp', 'mms']) {
      expect(messageFaults(withParty(channel, 'from', { number: 'ACME' }))).toEqual([
        `workflow[0].from.number: must hold digits only, no spaces or dashes, ${EXAMPLE}`,
      ]);
    }
  });
});

describe('an id', () => {
  test('contract 4: has 1 to 50 characters', () => {
    expect(stepOf(withParty('messenger', 'to', { id: 'x'.repeat(50) })).recipient.id).toHaveLength(
      50,
    );
    expect(messageFaults(withParty('messenger', 'to', { id: 'x'.repeat(51) }))).toEqual([
      'workflow[0].to.id: must be at most 50 characters long',
    ]);
    expect(messageFaults(withParty('viber_service_msg', 'from', { id: '' }))).toEqual([
      'workflow[0].from.id: must not be empty',
    ]);
  });
});

describe('a channel that only a definition names', () => {
  const limits = { ...LIMITS, extraChannels: ['SALESMAN', 'EMAIL'] };
  const salesman = (to: Json, from: Json, content?: Json) => ({
    ...aMessage('SALESMAN', content),
    to: { type: 'SALESMAN', ...to },
    from: { type: 'SALESMAN', ...from },
  });

  test('is a channel of the tenant that has it', () => {
    const step = stepOf(salesman({ id: 'emp-7' }, { number: 'ACME' }), limits);

    expect(step).toMatchObject({
      channel: 'SALESMAN',
      recipient: { type: 'SALESMAN', id: 'emp-7' },
      sender: { type: 'SALESMAN', number: 'ACME' },
    });
    expect(messageFaults(salesman({ id: 'emp-7' }, { id: 'x' }))[0]).toBe(
      'workflow[0].to.type: must be one of sms, mms, whatsapp, messenger, viber_service_msg',
    );
    expect(messageFaults(aMessage('PUSH'), limits)[0]).toBe(
      'workflow[0].to.type: must be one of sms, mms, whatsapp, messenger, viber_service_msg, SALESMAN, EMAIL',
    );
  });

  test('takes number and id together', () => {
    const step = stepOf(salesman({ id: 'emp-7', number: '4477' }, { id: 'shop' }), limits);

    expect(step.recipient).toEqual({ type: 'SALESMAN', number: '4477', id: 'emp-7' });
  });

  test('needs a number or an id on both sides', () => {
    expect(messageFaults(salesman({}, { name: 'x' }), limits)).toEqual([
      'workflow[0].to.number: is required, unless id is given',
      'workflow[0].from.number: is required, unless id is given',
    ]);
  });

  test('refuses the numbers that Vonage refuses', () => {
    expect(messageFaults(salesman({ number: '+44' }, { id: 'x' }), limits)).toEqual([
      `workflow[0].to.number: must not start with +: start with the country code, ${EXAMPLE}`,
    ]);
  });

  test('takes an id as long as an e-mail address', () => {
    const address = `${'a'.repeat(64)}@${'b'.repeat(185)}.com`;

    expect(stepOf(salesman({ id: address }, { id: 'x' }), limits).recipient.id).toBe(address);
    expect(messageFaults(salesman({ id: `a${address}` }, { id: 'x' }), limits)).toEqual([
      'workflow[0].to.id: must be at most 254 characters long',
    ]);
  });

  test.each([
    { type: 'text', text: 'x'.repeat(4_096) },
    { type: 'image', image: { url: 'https://example.com/a.webp', caption: 'c' } },
    { type: 'audio', audio: { url: 'https://example.com/a.wav' } },
    { type: 'video', video: { url: 'https://example.com/a.mov' } },
    { type: 'file', file: { url: 'https://example.com/a.exe' } },
    { type: 'template', template: { name: 'visit' } },
    { type: 'custom', custom: { task: 1 } },
  ])('takes content of type $type', (content) => {
    expect(stepOf(salesman({ id: 'a' }, { id: 'b' }, content), limits).content).toEqual(content);
  });

  test('keeps content under the limits of all channels', () => {
    const long = { type: 'text', text: 'x'.repeat(4_097) };

    expect(messageFaults(salesman({ id: 'a' }, { id: 'b' }, long), limits)).toEqual([
      'workflow[0].message.content.text: must be at most 4096 characters long',
    ]);
    expect(messageFaults(salesman({ id: 'a' }, { id: 'b' }, { type: 'img' }), limits)).toEqual([
      'workflow[0].message.content.type: must be one of text, image, audio, video, file, template, custom',
    ]);
  });
});
