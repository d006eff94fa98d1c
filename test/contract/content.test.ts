import fc from 'fast-check';
import { aMessage, messageFaults, stepOf, type Json } from './requests';

const PAYLOADS: Record<string, unknown> = {
  text: 'Hello',
  image: { url: 'https://example.com/a.jpg' },
  audio: { url: 'https://example.com/a.mp3' },
  video: { url: 'https://example.com/a.mp4' },
  file: { url: 'https://example.com/a.pdf' },
  template: { name: 'ns:verify' },
  custom: { any: 'thing' },
};
const TYPES: Record<string, string[]> = {
  sms: ['text'],
  mms: ['image'],
  viber_service_msg: ['text', 'image', 'template', 'custom'],
  messenger: ['text', 'image', 'audio', 'video', 'file', 'custom'],
  whatsapp: ['text', 'image', 'audio', 'video', 'file', 'template', 'custom'],
};
const LOCALE = { message: { whatsapp: { locale: 'en-GB' } } };
const CASES = Object.entries(TYPES).flatMap(([channel, taken]) =>
  Object.keys(PAYLOADS).map((type) => ({ channel, type, taken })),
);

function contentFaults(channel: string, content: Json, message?: Json): string[] {
  return messageFaults(aMessage(channel, content, { message: message ?? {} })).map((fault) =>
    fault.replace('workflow[0].message.', ''),
  );
}

function media(channel: string, type: string, payload: unknown): string[] {
  return contentFaults(channel, { type, [type]: payload });
}

describe('content types', () => {
  test.each(CASES.filter(({ type, taken }) => taken.includes(type)))(
    'contract 4: $channel takes $type',
    ({ channel, type }) => {
      const content = { type, [type]: PAYLOADS[type] };

      expect(stepOf(aMessage(channel, content, LOCALE)).content).toMatchObject(content);
    },
  );

  test.each(CASES.filter(({ type, taken }) => !taken.includes(type)))(
    'contract 4: $channel does not take $type',
    ({ channel, type, taken }) => {
      expect(contentFaults(channel, { type, [type]: PAYLOADS[type] })).toEqual([
        `content.type: must be one of ${taken.join(', ')} on ${channel}`,
      ]);
    },
  );

  test.each(['img', 'TEXT', '', 'constructor', 1, null])('%j is no content type', (type) => {
    expect(contentFaults('mms', { type, image: PAYLOADS['image'] })).toEqual([
      `content.type: ${type === null ? 'is required' : 'must be one of image on mms'}`,
    ]);
  });

  test.each(Object.keys(PAYLOADS))('contract 4: type %s needs its payload', (type) => {
    const channel = type === 'text' ? 'sms' : 'whatsapp';

    expect(contentFaults(channel, { type }, LOCALE.message)).toEqual([
      `content.${type}: is required`,
    ]);
  });

  test.each(['image', 'audio', 'video', 'file'])('contract 4: %s needs a url', (type) => {
    expect(media('whatsapp', type, {})).toEqual([`content.${type}.url: is required`]);
    expect(media('whatsapp', type, 'https://example.com')).toEqual([
      `content.${type}: must be an object`,
    ]);
  });

  test('contract 4: payloads of other types are not looked at, and kept', () => {
    const content = { type: 'text', text: 'Hi', image: 5, audio: { url: '' }, custom: null };

    expect(stepOf(aMessage('sms', content)).content).toEqual(content);
  });
});

describe('text', () => {
  test.each([
    ['sms', 1_000],
    ['viber_service_msg', 1_000],
    ['messenger', 640],
    ['whatsapp', 4_096],
  ])('contract 9.27 on %s has at most %d code points', (channel, max) => {
    expect(contentFaults(channel, { type: 'text', text: '😀'.repeat(max) })).toEqual([]);
    expect(contentFaults(channel, { type: 'text', text: 'x'.repeat(max + 1) })).toEqual([
      `content.text: must be at most ${max} characters long`,
    ]);
    expect(contentFaults(channel, { type: 'text', text: '😀'.repeat(max + 1) })).toEqual([
      `content.text: must be at most ${max} characters long`,
    ]);
  });

  test.each([
    ['', 'must not be empty'],
    [7, 'must be a string'],
    [{}, 'must be a string'],
  ])('contract 4: %j is refused', (text, reason) => {
    expect(contentFaults('sms', { type: 'text', text })).toEqual([`content.text: ${reason}`]);
  });

  test('contract 9.27 is accepted exactly up to its limit, whatever its characters', () => {
    const unit = fc.constantFrom('a', 'é', '😀', '漢', '\u0301');

    fc.assert(
      fc.property(fc.array(unit, { minLength: 600, maxLength: 680 }), (units) => {
        const faults = contentFaults('messenger', { type: 'text', text: units.join('') });

        expect(faults.length).toBe(units.length > 640 ? 1 : 0);
      }),
    );
  });

  test.each(['a\0b', 'half \ud83d', '\ude00 other half'])(
    'that the database cannot keep is refused: %j',
    (text) => {
      expect(contentFaults('sms', { type: 'text', text })).toEqual([
        'content.text: must not hold U+0000 or half of a surrogate pair',
      ]);
    },
  );

  test('that the database cannot keep is refused in ignored keys too, and in names', () => {
    expect(
      contentFaults(
        'sms',
        { type: 'text', text: 'x', extra: [{ deep: '\0' }], 'a\0': 1 },
        { messenger: { tag: '\ud800' } },
      ).sort(),
    ).toEqual([
      'content.extra[0].deep: must not hold U+0000 or half of a surrogate pair',
      'content["a\\u0000"]: name must not hold U+0000 or half of a surrogate pair',
      'messenger.tag: must not hold U+0000 or half of a surrogate pair',
    ]);
  });
});

describe('media', () => {
  const EXTENSIONS: [string, string, string[]][] = [
    ['viber_service_msg', 'image', ['jpg', 'jpeg', 'png']],
    ['messenger', 'image', ['jpg', 'jpeg', 'png', 'gif']],
    ['messenger', 'audio', ['mp3']],
    ['messenger', 'video', ['mp4']],
    ['mms', 'image', ['jpg', 'jpeg', 'png', 'gif']],
    ['whatsapp', 'image', ['jpg', 'jpeg', 'png']],
    ['whatsapp', 'audio', ['aac', 'm4a', 'amr', 'mp3', 'opus']],
    ['whatsapp', 'video', ['mp4', '3gpp']],
    ['whatsapp', 'file', ['pdf', 'doc', 'docx', 'ppt', 'pptx', 'xls', 'xlsx']],
  ];

  test.each(EXTENSIONS)('contract 9.26 %s %s may end in %j', (channel, type, extensions) => {
    for (const extension of extensions) {
      const url = `https://example.com/dir.v2/a.${extension.toUpperCase()}?size=1.exe#x.exe`;
      expect(media(channel, type, { url })).toEqual([]);
    }
    expect(media(channel, type, { url: 'https://example.com/a.exe' })).toEqual([
      `content.${type}.url: must end in ${extensions.map((e) => `.${e}`).join(', ')}, or in no extension`,
    ]);
  });

  test.each(['https://example.com', 'https://example.com/', 'http://example.com/dir.exe/image'])(
    'contract 9.26 %s has no extension and passes',
    (url) => {
      expect(media('whatsapp', 'image', { url })).toEqual([]);
    },
  );

  test.each(['zip', 'csv', 'exe'])('contract 9.26 a messenger file .%s is not checked', (end) => {
    expect(media('messenger', 'file', { url: `https://example.com/a.${end}` })).toEqual([]);
  });

  test.each(['image.jpg', '/image.jpg', 'ftp://example.com/a.jpg', 'data:image/png;base64,AA=='])(
    '%s is no complete http or https URL',
    (url) => {
      expect(media('mms', 'image', { url })).toEqual([
        'content.image.url: must be a complete http or https URL',
      ]);
    },
  );

  test('contract 4: a url has 1 to 2000 characters', () => {
    const url = (length: number) => `https://example.com/${'a'.repeat(length - 20)}`;

    expect(media('mms', 'image', { url: url(2_000) })).toEqual([]);
    expect(media('mms', 'image', { url: url(2_001) })).toEqual([
      'content.image.url: must be at most 2000 characters long',
    ]);
    expect(media('mms', 'image', { url: '' })).toEqual(['content.image.url: must not be empty']);
  });

  test.each([
    ['whatsapp', 'image'],
    ['whatsapp', 'file'],
    ['mms', 'image'],
  ])('contract 4: a caption of %s %s has 1 to 3000 characters', (channel, type) => {
    const url = 'https://example.com/a';

    expect(media(channel, type, { url, caption: '😀'.repeat(3_000) })).toEqual([]);
    expect(media(channel, type, { url, caption: 'x'.repeat(3_001) })).toEqual([
      `content.${type}.caption: must be at most 3000 characters long`,
    ]);
    expect(media(channel, type, { url, caption: '' })).toEqual([
      `content.${type}.caption: must not be empty`,
    ]);
  });

  test('contract 4: a caption where none is sent is not looked at', () => {
    expect(media('messenger', 'image', { url: 'https://example.com/a.gif', caption: '' })).toEqual(
      [],
    );
  });
});

describe('template', () => {
  const template = (value: Json, whatsapp: unknown = { locale: 'en-GB' }) =>
    contentFaults('whatsapp', { type: 'template', template: value }, { whatsapp });

  test.each([{}, { name: '' }, { name: ' ' }, { name: 1 }])(
    'contract 4: %j has no usable name',
    (value) => {
      const reason = { undefined: 'is required', number: 'must be a string' }[
        typeof value.name as 'undefined' | 'number'
      ];
      expect(template(value)).toEqual([`content.template.name: ${reason ?? 'must not be empty'}`]);
    },
  );

  test('contract 9.25 parameters may be strings and objects, and become objects', () => {
    const content = {
      type: 'template',
      template: { name: 'ns:verify', parameters: ['1234', { default: '5' }, ''] },
    };

    expect(stepOf(aMessage('whatsapp', content, LOCALE)).content['template']).toEqual({
      name: 'ns:verify',
      parameters: [{ default: '1234' }, { default: '5' }, { default: '' }],
    });
  });

  test('contract 9.25 other parameters are refused, each by its place', () => {
    expect(template({ name: 'n', parameters: ['a', 1, { default: 2 }, {}, null] })).toEqual([
      'content.template.parameters[1]: must be a string, or an object with a string in "default"',
      'content.template.parameters[2].default: must be a string',
      'content.template.parameters[3].default: is required',
      'content.template.parameters[4]: must be a string, or an object with a string in "default"',
    ]);
    expect(template({ name: 'n', parameters: '1234' })).toEqual([
      'content.template.parameters: must be an array',
    ]);
  });

  test('has at most a thousand parameters', () => {
    expect(template({ name: 'n', parameters: Array<string>(1_000).fill('') })).toEqual([]);
    expect(template({ name: 'n', parameters: Array<number>(1_001).fill(1) })).toEqual([
      'content.template.parameters: must hold at most 1000 values',
    ]);
  });

  test('contract 9.24 without a locale is refused', () => {
    for (const whatsapp of [undefined, null, {}, { policy: 'deterministic' }]) {
      expect(template({ name: 'n' }, whatsapp ?? null)).toEqual([
        'whatsapp.locale: is required when a template is sent',
      ]);
    }
  });

  test('viber needs no locale for it', () => {
    expect(
      contentFaults('viber_service_msg', { type: 'template', template: { name: 'n' } }),
    ).toEqual([]);
  });
});

describe('custom', () => {
  test.each(['messenger', 'whatsapp', 'viber_service_msg'])(
    'contract 9.27 on %s is an object, kept as it is',
    (channel) => {
      const custom = { attachment: { type: 'template', payload: [1, { a: null }] } };

      expect(stepOf(aMessage(channel, { type: 'custom', custom })).content['custom']).toEqual(
        custom,
      );
    },
  );

  test.each(['text', ['list'], 4, true])('contract 9.27 %j is refused', (custom) => {
    expect(contentFaults('messenger', { type: 'custom', custom })).toEqual([
      'content.custom: must be an object',
    ]);
  });
});

describe('channel options', () => {
  const text = { type: 'text', text: 'Hi' };

  test('stand beside the content', () => {
    const viber_service_msg = { category: 'promotion', ttl: 30, type: 'template', tracking: 1 };

    expect(
      stepOf(aMessage('viber_service_msg', text, { message: { viber_service_msg } })),
    ).toMatchObject({ content: { ...text, viber_service_msg } });
  });

  test('of other channels are not checked', () => {
    const options = {
      viber_service_msg: { ttl: 'long' },
      messenger: { category: 'message_tag' },
      whatsapp: { policy: 'fallback' },
    };

    expect(stepOf(aMessage('sms', text, { message: options })).content).toEqual({
      ...text,
      ...options,
    });
  });

  test('that are no objects are dropped on other channels and refused on their own', () => {
    expect(stepOf(aMessage('sms', text, { message: { messenger: 'x' } })).content).toEqual(text);
    expect(contentFaults('messenger', text, { messenger: 'x' })).toEqual([
      'messenger: must be an object',
    ]);
  });

  test.each(['transaction', 'promotion'])('contract 4: viber category may be %s', (category) => {
    expect(contentFaults('viber_service_msg', text, { viber_service_msg: { category } })).toEqual(
      [],
    );
  });

  test.each([30, 86_400])('contract 4: viber ttl may be %d', (ttl) => {
    expect(contentFaults('viber_service_msg', text, { viber_service_msg: { ttl } })).toEqual([]);
  });

  test.each([
    [{ category: 'promo' }, 'category: must be one of transaction, promotion'],
    [{ ttl: 29 }, 'ttl: must be 30 or more'],
    [{ ttl: 86_401 }, 'ttl: must be 86400 or less'],
    [{ ttl: 30.5 }, 'ttl: must be a whole number'],
    [{ ttl: '600' }, 'ttl: must be a number'],
    [{ type: 1 }, 'type: must be a string'],
  ])('contract 4: viber option %j is refused', (viber_service_msg, reason) => {
    expect(contentFaults('viber_service_msg', text, { viber_service_msg })).toEqual([
      `viber_service_msg.${reason}`,
    ]);
  });

  test.each([
    { category: 'response' },
    { category: 'update' },
    { category: 'message_tag', tag: 'CONFIRMED_EVENT_UPDATE' },
    { category: null },
    {},
  ])('contract 4: messenger option %j is accepted', (messenger) => {
    expect(contentFaults('messenger', text, { messenger })).toEqual([]);
  });

  test.each([
    [{ category: 'promo' }, 'category: must be one of response, update, message_tag'],
    [{ category: 'message_tag' }, 'tag: is required when category is message_tag'],
    [{ category: 'message_tag', tag: null }, 'tag: is required when category is message_tag'],
    [{ category: 'message_tag', tag: ' ' }, 'tag: must not be empty'],
    [{ category: 'message_tag', tag: 3 }, 'tag: must be a string'],
    [{ tag: 3 }, 'tag: must be a string'],
  ])('contract 4: messenger option %j is refused', (messenger, reason) => {
    expect(contentFaults('messenger', text, { messenger })).toEqual([`messenger.${reason}`]);
  });

  test.each(['en-GB', 'de', 'zh-Hans-CN', 'es-419'])('contract 4: locale may be %s', (locale) => {
    expect(contentFaults('whatsapp', text, { whatsapp: { locale } })).toEqual([]);
  });

  test.each([
    [{ policy: 'fallback' }, 'policy: must be deterministic: WhatsApp has withdrawn fallback'],
    [{ policy: 'other' }, 'policy: must be deterministic'],
    [{ locale: 'en_GB' }, 'locale: must be a BCP 47 language tag such as en-GB'],
    [{ locale: '' }, 'locale: must be a BCP 47 language tag such as en-GB'],
    [{ locale: 5 }, 'locale: must be a string'],
  ])('contract 9.24 whatsapp option %j is refused', (whatsapp, reason) => {
    expect(contentFaults('whatsapp', text, { whatsapp })).toEqual([`whatsapp.${reason}`]);
  });
});
