import type { ProtocolType } from '../domain/vocabulary';
import type { HttpClient } from '../runtime/http';
import { PrepareError, type Adapter } from './adapter';
import { messageError } from './message-errors';
import { createRestAdapter } from './rest';

export type AdapterFor = (protocolType: ProtocolType) => Adapter;

/** Finds the adapter of a protocol type; throws a {@link PrepareError} for one that is not spoken. */
export function createAdapters(http: HttpClient): AdapterFor {
  const adapters: Readonly<Partial<Record<ProtocolType, Adapter>>> = {
    REST: createRestAdapter(http),
  };
  return (protocolType) => {
    const adapter = adapters[protocolType];
    if (adapter === undefined) {
      throw new PrepareError(
        messageError('unsupported', `the protocol ${protocolType} is not spoken`),
      );
    }
    return adapter;
  };
}
