import type { ChannelDefinition, Provider } from '../../domain/provider';

/** A provider that ships with the product, as data: whoever stores it gives the ids. */
export interface ProviderPreset {
  readonly provider: Omit<Provider, 'id' | 'tenantId'>;
  readonly definitions: readonly Omit<ChannelDefinition, 'id' | 'providerId'>[];
}
