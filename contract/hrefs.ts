/** How hrefs in callbacks are spelled: as the spec prints them (default), or as the 2018 wire had them. Both load. */
export type HrefStyle = 'spec' | 'wire';

/** Link from a status to its dispatch. */
export function dispatchHref(dispatchId: string, style: HrefStyle): string {
  return style === 'wire' ? `v0.1/dispatch/${dispatchId}` : `/workflows/${dispatchId}`;
}

/** Link from a final report to a message: in the spec the bare id. */
export function messageHref(messageId: string, style: HrefStyle): string {
  return style === 'wire' ? `v0.1/messages/${messageId}` : messageId;
}
