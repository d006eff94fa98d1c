import { createHash, randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import { signatureHeaders } from '../../callbacks/sign';

const aSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const BODY = Buffer.from('{"text":"grüße 😀","n":1}');
const ID = '0d4b9b0e-9a3e-5a52-8c0e-3f4d0a9c1a11';

describe('signatures of a callback', () => {
  const [newest, older, foreign] = [aSecret(), aSecret(), aSecret()];
  const headers = signatureHeaders(
    { applicationId: 'app', apiKey: 'abcd1234', secrets: [newest, older] },
    ID,
    BODY,
    new Date(),
  );

  it('contract 9.33 Standard Webhooks verifies with every live secret', () => {
    for (const secret of [newest, older]) {
      expect(new Webhook(secret).verify(BODY.toString(), headers)).toEqual(
        JSON.parse(BODY.toString()),
      );
    }
    expect(() => new Webhook(foreign).verify(BODY.toString(), headers)).toThrow();
    expect(() => new Webhook(newest).verify(`${BODY} `, headers)).toThrow();
  });

  it('contract 5 the JWT is HS256 with the newest secret as it is spelled, and the hash of the bytes', async () => {
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    const verify = (secret: string) => jwtVerify(token, new TextEncoder().encode(secret));

    const { payload, protectedHeader } = await verify(newest);

    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toEqual({
      iat: Number(headers['webhook-timestamp']),
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iss: 'Vonage',
      payload_hash: createHash('sha256').update(BODY).digest('hex'),
      api_key: 'abcd1234',
      application_id: 'app',
    });
    await expect(verify(older)).rejects.toThrow();
  });

  it('an application without an account key has no api_key', async () => {
    const { authorization = '' } = signatureHeaders(
      { applicationId: 'app', secrets: [newest] },
      ID,
      BODY,
      new Date(),
    );

    const { payload } = await jwtVerify(
      authorization.replace('Bearer ', ''),
      new TextEncoder().encode(newest),
    );

    expect(payload).not.toHaveProperty('api_key');
  });

  it('without a live secret it says who it is and signs nothing', () => {
    const unsigned = signatureHeaders({ applicationId: 'app', secrets: [] }, ID, BODY, new Date());

    expect(Object.keys(unsigned)).toEqual(['webhook-id', 'webhook-timestamp']);
  });
});
