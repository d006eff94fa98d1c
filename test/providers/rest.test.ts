import { anAccount } from '../support/account';
import { describeAdapter } from '../support/adapter-suite';
import { createRestAdapter } from '../../providers/rest';
import { SIMULATOR_PRESET } from '../../providers/presets/simulator';

const REFUSALS = [
  [400, '{"message":"no"}', 'other'],
  [404, '{}', 'other'],
  [413, '', 'content_rejected'],
] as const;

describeAdapter('REST by status', {
  create: createRestAdapter,
  account: (baseUrl) =>
    anAccount({
      baseUrl,
      definition: {
        auth: {
          headers: {
            authorization:
              "'Basic ' & $base64encode(credentials.user & ':' & credentials.password)",
          },
          query: { key: 'credentials.key' },
        },
        send: {
          method: 'POST',
          path: '/messages',
          body: "{ 'to': recipient.number }",
          messageRef: 'body.id',
        },
      },
    }),
  credentials: { user: 'the-user-name', password: 'p4ss&word+/="x', key: 'query key/1?' },
  acceptedBody: '{"id":"ref-1"}',
  acceptedRef: 'ref-1',
  refusals: REFUSALS,
  accountFaults: [
    [401, '', 'auth'],
    [402, '{}', 'quota'],
    [403, 'no', 'auth'],
  ],
});

describeAdapter("REST by the simulator's map", {
  create: createRestAdapter,
  account: (baseUrl) => {
    const [sms] = SIMULATOR_PRESET.definitions;
    return anAccount({ baseUrl, definition: { ...sms } });
  },
  credentials: { apiKey: 'simulator-key', webhookSecret: 'simulator-secret' },
  acceptedBody: '{"id":"ref-1"}',
  acceptedRef: 'ref-1',
  refusals: [
    [404, '{"class":"recipient_invalid","code":1300,"reason":"nobody"}', 'recipient_invalid'],
    [400, '{"class":"content_rejected"}', 'content_rejected'],
    [418, '', 'other'],
  ],
  accountFaults: [
    [401, '{"class":"auth"}', 'auth'],
    [402, '{"class":"quota"}', 'quota'],
  ],
});
