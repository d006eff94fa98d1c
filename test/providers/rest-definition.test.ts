import { PROTOCOL_TYPES } from '../../domain/vocabulary';
import { PrepareError } from '../../providers/adapter';
import { SIMULATOR_PRESET } from '../../providers/presets/simulator';
import { createAdapters } from '../../providers/registry';
import { faultsOfRestDefinition } from '../../providers/rest-definition';
import { createHttpClient } from '../../runtime/http-client';

const send = { method: 'POST', path: '/messages' };
const receipt = { updates: 'body' };

describe('a definition', () => {
  it.each(SIMULATOR_PRESET.definitions)(
    'of the simulator for $channel has no fault',
    (definition) => {
      expect(faultsOfRestDefinition(definition)).toEqual([]);
    },
  );

  it.each([
    [{}, []],
    [{ send: { ...send, path: '' } }, []],
    [{ send: { ...send, path: '/a/{settings.b}?c=d' } }, []],
    [{ send: { ...send, method: 'CONNECT' } }, ['send.method']],
    [{ send: { ...send, path: 'messages' } }, ['send.path']],
    [{ send: { ...send, path: '@evil.example' } }, ['send.path']],
    [{ send: { ...send, path: '/{content.text}' } }, ['send.path']],
    [{ send: { ...send, path: '/a b' } }, ['send.path']],
    [
      { send: { ...send, body: '{', messageRef: '(', outcome: '$eval(1)' } },
      ['send.body', 'send.messageRef', 'send.outcome'],
    ],
    [
      { send: { ...send, headers: { Host: "'x'" }, query: { q: '[' } } },
      ['send.headers.Host', 'send.query.q'],
    ],
    [
      { auth: { headers: { 'x y': 'credentials.a', 'x-b': '{' } } },
      ['auth.headers.x y', 'auth.headers.x-b'],
    ],
    [{ receipt: { updates: '$match(a, /(?=b)/)' } }, ['receipt.updates']],
    [{ receipt: { ...receipt, signature: { scheme: 'none' } } }, []],
    [{ receipt: { ...receipt, signature: { scheme: 'basic', secret: 'credentials.a' } } }, []],
    [
      { receipt: { ...receipt, signature: { scheme: 'hmac-md5', secret: 'settings.a' } } },
      ['receipt.signature.scheme', 'receipt.signature.secret', 'receipt.signature.header'],
    ],
    [
      { probe: { method: 'HEADS', path: 'x', ok: '{' } },
      ['probe.method', 'probe.path', 'probe.ok'],
    ],
  ])('%j has the faults %j', (maps, names) => {
    expect(faultsOfRestDefinition(maps).map(({ name }) => name)).toEqual(names);
  });
});

describe('the registry', () => {
  const adapterFor = createAdapters(createHttpClient({ allow: [] }));

  it('has one adapter for REST', () => {
    expect(adapterFor('REST')).toBe(adapterFor('REST'));
  });

  it.each(PROTOCOL_TYPES.filter((protocolType) => protocolType !== 'REST'))(
    'does not speak %s yet',
    (protocolType) => {
      expect(() => adapterFor(protocolType)).toThrow(PrepareError);
    },
  );
});
