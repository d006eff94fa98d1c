import type { InboundRequest } from './adapter';

/**
 * What a signature covers. `over` lists parts in order: `body`, `url`, `header:<name>`, anything else stands for itself,
 * so that `["body", ".", "header:x-nonce"]` signs body, dot and nonce. Default: the body alone. Undefined when a header
 * that is signed is missing, or the body is not covered.
 */
export function signedParts(
  over: unknown,
  request: InboundRequest,
  header: (name: string) => string | undefined,
): readonly (string | Buffer)[] | undefined {
  if (over === undefined) {
    return [request.rawBody];
  }
  if (!Array.isArray(over) || !over.includes('body')) {
    return undefined;
  }
  const parts = over.map((part) => partOf(String(part), request, header));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(
  part: string,
  request: InboundRequest,
  header: (name: string) => string | undefined,
): string | Buffer | undefined {
  if (part === 'body') {
    return request.rawBody;
  }
  if (part === 'url') {
    return request.url;
  }
  return part.startsWith('header:') ? header(part.slice('header:'.length)) : part;
}
