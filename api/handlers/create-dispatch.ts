import { parseCreateDispatch } from '../../contract/create-dispatch';
import { DomainError } from '../../domain/errors';
import { acceptDispatch, type AcceptDeps } from '../accept';
import type { GuardedHandler, GuardedRequest } from '../route';

export interface CreateDispatchDeps extends AcceptDeps {
  readonly minExpirySeconds: number;
  readonly maxSteps: number;
}

/** POST /v0.1/dispatch: 202 once the request is durable and started. */
export function createDispatchHandler(deps: CreateDispatchDeps): GuardedHandler {
  return async (request) => {
    const { tenantId, applicationId } = request.principal;
    if (applicationId === undefined) {
      throw new DomainError('forbidden', 'Only an application or an account key may send.');
    }
    const parsed = parseCreateDispatch(request.body, {
      minExpirySeconds: deps.minExpirySeconds,
      maxSteps: deps.maxSteps,
      extraChannels: await deps.accounts.listChannels(tenantId),
    });
    await deps.at('accept.begun');
    const key = idempotencyKey(request);
    const accepted = await acceptDispatch(deps, {
      tenantId,
      applicationId,
      request: parsed,
      rawBody: request.rawBody,
      ...(key === undefined ? {} : { idempotency: { route: 'POST /v0.1/dispatch', key } }),
    });
    const { dispatchId, replayed } = accepted;
    request.log.info({ dispatchId, replayed }, 'dispatch accepted');
    return {
      status: 202,
      body: { dispatch_uuid: dispatchId },
      ...(replayed && { headers: { 'idempotent-replayed': 'true' } }),
    };
  };
}

const PRINTABLE_ASCII = /^[\x20-\x7e]{1,255}$/;

function idempotencyKey(request: GuardedRequest): string | undefined {
  const values = request.headerValues('idempotency-key');
  const [key] = values;
  if (key === undefined) {
    return undefined;
  }
  if (values.length > 1 || !PRINTABLE_ASCII.test(key)) {
    throw new DomainError('invalid_input', 'The Idempotency-Key is not usable.', {
      parameters: [
        {
          name: 'Idempotency-Key',
          reason: 'must be one value of 1 to 255 printable ASCII characters',
        },
      ],
    });
  }
  return key;
}
