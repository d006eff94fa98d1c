import type { InvalidParameter } from '../domain/errors';
import type { ChannelDefinition, ReceiptMap, SendMap, SignatureMap } from '../domain/provider';
import { compileExpression } from './expressions';
import { isHeaderName } from './rest-values';
import { SIGNATURE_SCHEMES } from './signatures';

type Maps = Pick<ChannelDefinition, 'auth' | 'send' | 'receipt' | 'probe'>;
type Fault = InvalidParameter | undefined;

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Nothing but places of settings in braces. */
const PATH = /^(?:$|[/?])(?:[^{}\s#\\]|\{settings\.[^{}]+\})*$/;

/** What is wrong with a REST definition, so that it is refused when it is saved and not when it sends; empty: nothing. */
export function faultsOfRestDefinition(maps: Maps): readonly InvalidParameter[] {
  const faults = [
    ...headerFaults('auth.headers', maps.auth?.headers),
    ...expressionFaults('auth.query', maps.auth?.query),
    ...sendFaults(maps.send),
    ...receiptFaults(maps.receipt),
    ...requestFaults('probe', maps.probe),
    ...expressionFaults('probe', { ok: maps.probe?.ok }),
  ];
  return faults.filter((fault) => fault !== undefined);
}

function sendFaults(send: SendMap | undefined): Fault[] {
  if (send === undefined) {
    return [];
  }
  const { headers, query, body, messageRef, outcome } = send;
  return [
    ...requestFaults('send', send),
    ...headerFaults('send.headers', headers),
    ...expressionFaults('send.query', query),
    ...expressionFaults('send', { body, messageRef, outcome }),
  ];
}

function receiptFaults(receipt: ReceiptMap | undefined): Fault[] {
  return receipt === undefined
    ? []
    : [
        ...expressionFaults('receipt', { updates: receipt.updates }),
        ...signatureFaults(receipt.signature),
      ];
}

function unless(isRight: boolean, name: string, reason: string): Fault {
  return isRight ? undefined : { name, reason };
}

function headerFaults(path: string, map: Readonly<Record<string, string>> | undefined): Fault[] {
  const names = Object.keys(map ?? {}).map((name) =>
    unless(isHeaderName(name), `${path}.${name}`, 'may not be set by a map'),
  );
  return [...names, ...expressionFaults(path, map)];
}

function expressionFaults(
  path: string,
  map: Readonly<Record<string, string | undefined>> | undefined,
): Fault[] {
  return Object.entries(map ?? {}).map(([name, text]) =>
    text === undefined ? undefined : compileFault(`${path}.${name}`, text),
  );
}

function compileFault(name: string, text: string): Fault {
  try {
    compileExpression(text);
    return undefined;
  } catch (error) {
    return { name, reason: error instanceof Error ? error.message : 'does not compile' };
  }
}

function requestFaults(
  path: string,
  map: { readonly method: string; readonly path: string } | undefined,
): Fault[] {
  if (map === undefined) {
    return [];
  }
  const isMethod = METHODS.includes(map.method.toUpperCase());
  return [
    unless(isMethod, `${path}.method`, `must be one of ${METHODS.join(', ')}`),
    unless(
      PATH.test(map.path),
      `${path}.path`,
      'must be a path, with places such as {settings.name} only',
    ),
  ];
}

function signatureFaults(map: SignatureMap | undefined): Fault[] {
  if (map === undefined || map.scheme === 'none') {
    return [];
  }
  const { scheme, secret = '', header = '' } = map;
  const path = 'receipt.signature';
  const isHeader = isHeaderName(header) || !scheme.startsWith('hmac-');
  return [
    unless(
      SIGNATURE_SCHEMES.includes(scheme),
      `${path}.scheme`,
      `must be one of ${SIGNATURE_SCHEMES.join(', ')}`,
    ),
    unless(
      /^credentials\../.test(secret),
      `${path}.secret`,
      'must name a credential, such as credentials.webhookSecret',
    ),
    unless(isHeader, `${path}.header`, 'must name the header that carries the signature'),
  ];
}
