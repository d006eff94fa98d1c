import * as ipaddr from 'ipaddr.js';
import type { IPv4, IPv6 } from 'ipaddr.js';

type Address = IPv4 | IPv6;
type Range = readonly [Address, number];

/** `public`: anybody may be sent there. `allowed`: inner, but opened by configuration. `blocked`: never. */
export type Verdict = 'public' | 'allowed' | 'blocked';

export interface AddressGuard {
  /** Whether any address range is opened by configuration. */
  readonly opensInner: boolean;
  /** Judges one address in text; text that is no address is `blocked`. */
  verdict(address: string): Verdict;
}

/** Where clouds hand out machine credentials: no configuration opens these. */
const METADATA: readonly Range[] = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  'fd00:ec2::254/128',
].map(rangeFromText);
/** The only IPv6 space that is routed publicly. */
const GLOBAL_IPV6 = rangeFromText('2000::/3');

/** Judges addresses: public ones pass, inner ones only inside `allow` (CIDR ranges). Throws on a range it cannot read. */
export function createAddressGuard(allow: readonly string[]): AddressGuard {
  const ranges = allow.map(rangeFromText);
  return {
    opensInner: ranges.length > 0,
    verdict(text) {
      const address = addressFromText(text);
      if (address === undefined || isMetadata(address)) {
        return 'blocked';
      }
      if (ranges.some((range) => isInside(address, range))) {
        return 'allowed';
      }
      return isPublic(address) ? 'public' : 'blocked';
    },
  };
}

function rangeFromText(text: string): Range {
  try {
    return ipaddr.parseCIDR(text.trim());
  } catch (error) {
    throw new Error(`not an address range: ${text}`, { cause: error });
  }
}

function addressFromText(text: string): Address | undefined {
  // Strict forms only: what reaches here comes from the URL parser, the resolver or the socket.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) {
    return undefined;
  }
  // ::ffff:a.b.c.d is the same host as a.b.c.d to the kernel, so it is judged as that.
  return ipaddr.process(text);
}

function isInside(address: Address, [base, bits]: Range): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') {
    return false;
  }
  return address.kind() === 'ipv4' || isInside(address, GLOBAL_IPV6);
}

function isMetadata(address: Address): boolean {
  const forms = address.kind() === 'ipv4' ? [address] : [address, ...embedded(address as IPv6)];
  return forms.some((form) => METADATA.some((range) => isInside(form, range)));
}

/** The IPv4 addresses that an IPv6 address is translated or tunnelled to. */
function embedded(address: IPv6): IPv4[] {
  const bytes = address.toByteArray();
  const last = bytes.slice(12);
  switch (address.range()) {
    case '6to4':
      return [new ipaddr.IPv4(bytes.slice(2, 6))];
    case 'teredo':
      return [new ipaddr.IPv4(last.map((byte) => byte ^ 0xff))];
    case 'rfc6052':
    case 'rfc6145':
      return [new ipaddr.IPv4(last)];
    default:
      return bytes.slice(0, 12).every((byte) => byte === 0) ? [new ipaddr.IPv4(last)] : [];
  }
}
