import { isIP } from 'node:net';
import type { AddressGuard, Verdict } from './address-guard';

/** Longest URL that is called, in characters. */
const URL_MAX = 2_048;
/** Ports of public hosts; inner hosts that configuration opens may use any. */
const PUBLIC_PORTS: ReadonlySet<string> = new Set(['', '443', '8443', '80']);

/** The parsed URL, or a sentence saying why it may never be called. */
export function outboundUrl(text: string): URL | string {
  if (text.length > URL_MAX) {
    return `the URL is longer than ${URL_MAX} characters`;
  }
  if (!URL.canParse(text)) {
    return 'not a URL';
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return 'only http and https are called';
  }
  return url.username === '' && url.password === ''
    ? url
    : 'the URL carries a user name or password';
}

/** The address a host name spells, without brackets; undefined for a name that must be resolved. */
export function literalAddress(hostname: string): string | undefined {
  const text = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(text) === 0 ? undefined : text;
}

/** Why a host of this verdict may not be called this way; undefined when it may. */
export function refusal(
  verdict: Verdict,
  target: { readonly protocol: string; readonly port: string },
): string | undefined {
  if (verdict === 'allowed') {
    return undefined;
  }
  if (verdict === 'blocked') {
    return 'the address is not public';
  }
  if (target.protocol !== 'https:') {
    return 'public hosts are called by https only';
  }
  return PUBLIC_PORTS.has(target.port)
    ? undefined
    : 'public hosts are called on ports 443, 8443 and 80 only';
}

/**
 * What can be said of a URL before its name is resolved: a sentence saying why it may never be called, or undefined.
 * A name may resolve into an opened range, so protocol and port of names are judged only where no range is open.
 */
export function refusalAtConfiguration(text: string, guard: AddressGuard): string | undefined {
  const url = outboundUrl(text);
  if (typeof url === 'string') {
    return url;
  }
  const address = literalAddress(url.hostname);
  if (address !== undefined) {
    return refusal(guard.verdict(address), url);
  }
  if (isLocalName(url.hostname)) {
    return refusal(guard.verdict('127.0.0.1'), url);
  }
  return guard.opensInner ? undefined : refusal('public', url);
}

function isLocalName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost');
}
