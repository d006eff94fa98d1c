import {
  MISSING_AUTHORIZATION,
  problemBody,
  retenErrorBody,
  statusOf,
} from '../../contract/problem';
import { DomainError, ERROR_CODES } from '../../domain/errors';

const TRACE = 'db405d542048f2a68872a54563448edd';
const PARAMETERS = [
  { name: 'workflow[0].to', reason: 'is required' },
  { name: 'workflow[0].from', reason: 'is required' },
];

describe('problem bodies', () => {
  test('contract 9.4 faults of a request are a 400 with an array of name and reason', () => {
    const error = new DomainError('invalid_input', 'ignored', { parameters: PARAMETERS });

    expect(problemBody(error, TRACE)).toEqual({
      status: 400,
      body: {
        type: 'https://www.nexmo.com/messages/Errors#InvalidParams',
        title: "Your request parameters didn't validate.",
        detail: 'Found errors validating 2 of your submitted parameters.',
        instance: TRACE,
        invalid_parameters: PARAMETERS,
      },
    });
  });

  test('a fault that is no parameter keeps its own sentence', () => {
    const error = new DomainError('invalid_input', 'The Idempotency-Key is too long.');

    expect(problemBody(error, TRACE).body).toMatchObject({
      detail: 'The Idempotency-Key is too long.',
      invalid_parameters: [],
    });
  });

  test.each([
    ['invalid_json', 400, '#invalid-json', 'Malformed JSON'],
    ['unauthorized', 401, '#unauthorized', 'Invalid credentials supplied'],
    [
      'multiple_auth_methods',
      401,
      '#multiple-auth-methods',
      'Multiple authentication methods detected',
    ],
    ['forbidden', 403, '#forbidden', 'Forbidden'],
    ['not_found', 404, '#not-found', 'Not Found'],
    ['method_not_allowed', 405, '#wrong-verb', 'Request method not allowed'],
    ['not_acceptable', 406, '#accept-header', 'Invalid Accept header'],
    ['request_timeout', 408, '#request-timeout', 'Request timed out'],
    ['conflict', 409, '#conflict', 'Conflict'],
    [
      'idempotency_in_progress',
      409,
      '#idempotency-in-progress',
      'A request with this idempotency key is still running',
    ],
    ['payload_too_large', 413, '#payload-too-large', 'Body too large'],
    ['unsupported_media_type', 415, '#content-type-header', 'Unsupported Content-Type header'],
    [
      'idempotency_key_reused',
      422,
      '#idempotency-key-reused',
      'This idempotency key belongs to another body',
    ],
    ['rate_limited', 429, '#throttled', 'Rate Limit Hit'],
    ['quota_exceeded', 429, '#quota-exceeded', 'Quota exceeded'],
    ['unavailable', 503, '#service-unavailable', 'Service unavailable'],
  ] as const)('contract 3: %s is a %d', (code, status, suffix, title) => {
    expect(problemBody(new DomainError(code, 'What happened.'), TRACE)).toEqual({
      status,
      body: {
        type: `https://developer.nexmo.com/api-errors${suffix}`,
        title,
        detail: 'What happened.',
        instance: TRACE,
      },
    });
  });

  test('contract 3: a 401 without the header is titled as the platform titles it', () => {
    const { body } = problemBody(new DomainError('unauthorized', MISSING_AUTHORIZATION), TRACE);

    expect(body).toMatchObject({
      title: 'Unauthorised',
      detail: "Request header 'Authorization' missing",
    });
  });

  test('errors without a message get the published detail', () => {
    const detailOf = (code: 'unauthorized' | 'rate_limited' | 'forbidden') =>
      problemBody(new DomainError(code, ''), TRACE).body.detail;

    expect(detailOf('unauthorized')).toBe('You did not provide correct credentials.');
    expect(detailOf('rate_limited')).toBe('Please wait, then retry your request');
    expect(detailOf('forbidden')).toBe('Forbidden');
  });

  test('an internal error tells nothing of its message', () => {
    const error = new DomainError('internal', 'select * from secrets');

    expect(problemBody(error, TRACE).status).toBe(500);
    expect(JSON.stringify(problemBody(error, TRACE))).not.toContain('select');
    expect(JSON.stringify(retenErrorBody(error))).not.toContain('select');
  });

  test('contract 9.31 every code has a JSON body', () => {
    for (const code of ERROR_CODES) {
      const { status, body } = problemBody(new DomainError(code, 'x'), TRACE);

      expect(status).toBe(statusOf(code));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(Object.values(body)).not.toContain('');
    }
  });
});

describe('bodies on the /api paths', () => {
  test('contract 10.1 have statusCode, message and error, plus code and details', () => {
    const error = new DomainError('invalid_input', 'The provider is not valid.', {
      parameters: [{ name: 'code', reason: 'is required' }],
    });

    expect(retenErrorBody(error)).toEqual({
      statusCode: 400,
      message: 'The provider is not valid.',
      error: 'Bad Request',
      code: 'invalid_input',
      details: [{ name: 'code', reason: 'is required' }],
    });
  });

  test('contract 10.2 a conflict is a 409 with empty details', () => {
    expect(retenErrorBody(new DomainError('conflict', 'The code is taken.'))).toEqual({
      statusCode: 409,
      message: 'The code is taken.',
      error: 'Conflict',
      code: 'conflict',
      details: [],
    });
  });
});
