import { BlockList, isIP } from 'node:net';

type Subnet = readonly [network: string, prefix: number, what: string];

/** Refused even where private addresses are allowed: no webhook's receiver is there, but the metadata services of clouds are. */
const NEVER_V4: readonly Subnet[] = [
  ['100.100.100.200', 32, 'a metadata service'],
  ['168.63.129.16', 32, 'a metadata service'],
  ['0.0.0.0', 8, 'an unspecified address'],
  ['169.254.0.0', 16, 'a link-local address'],
  ['192.0.0.0', 24, 'an address for protocols'],
  ['192.0.2.0', 24, 'an address for documentation'],
  ['192.88.99.0', 24, 'a 6to4 relay'],
  ['198.18.0.0', 15, 'an address for benchmarks'],
  ['198.51.100.0', 24, 'an address for documentation'],
  ['203.0.113.0', 24, 'an address for documentation'],
  ['224.0.0.0', 4, 'a multicast address'],
  ['240.0.0.0', 4, 'a reserved address'],
];

const PRIVATE_V4: readonly Subnet[] = [
  ['10.0.0.0', 8, 'a private address'],
  ['100.64.0.0', 10, 'a shared address of a carrier'],
  ['127.0.0.0', 8, 'a loopback address'],
  ['172.16.0.0', 12, 'a private address'],
  ['192.168.0.0', 16, 'a private address'],
];

const PRIVATE_V6: readonly Subnet[] = [
  ['::1', 128, 'a loopback address'],
  ['fc00::', 7, 'a unique local address'],
];

/** A cloud's metadata service, and what is not public within 2000::/3: 6to4 and Teredo addresses hold IPv4 addresses. */
const NEVER_V6: readonly Subnet[] = [
  ['fd00:ec2::254', 128, 'a metadata service'],
  ['2001::', 23, 'an address for protocols'],
  ['2001:db8::', 32, 'an address for documentation'],
  ['2002::', 16, 'a 6to4 address'],
  ['3fff::', 20, 'an address for documentation'],
];

const PUBLIC_V6: readonly Subnet[] = [['2000::', 3, 'public']];

const check = (subnets: readonly Subnet[], family: 'ipv4' | 'ipv6') => {
  const lists = subnets.map(([network, prefix, what]) => {
    const list = new BlockList();
    list.addSubnet(network, prefix, family);
    return { list, what };
  });
  return (address: string): string | undefined => lists.find(({ list }) => list.check(address, family))?.what;
};

const neverV4 = check(NEVER_V4, 'ipv4');
const privateV4 = check(PRIVATE_V4, 'ipv4');
const neverV6 = check(NEVER_V6, 'ipv6');
const privateV6 = check(PRIVATE_V6, 'ipv6');
const publicV6 = check(PUBLIC_V6, 'ipv6');

/**
 * Why this IP address must not be connected to, like `a private address`; undefined where it may be. `allowPrivate` allows
 * loopback, private, shared (of carriers) and unique local addresses. An IPv6 address that holds an IPv4 address (mapped,
 * NAT64) is judged by that. Other IPv6 addresses must be public, by the registries of special addresses (RFC 6890 and its
 * successors).
 */
export function refusalOf(address: string, allowPrivate: boolean): string | undefined {
  switch (isIP(address)) {
    case 4:
      return neverV4(address) ?? (allowPrivate ? undefined : privateV4(address));
    case 6:
      return refusalOfV6(address, allowPrivate);
    default:
      return 'no IP address';
  }
}

function refusalOfV6(address: string, allowPrivate: boolean): string | undefined {
  // An address with a zone (`fe80::1%eth0`) belongs to one link.
  if (address.includes('%')) return 'a link-local address';
  const inner = embeddedV4(address);
  if (inner !== undefined) return refusalOf(inner, allowPrivate);
  const never = neverV6(address);
  if (never !== undefined) return never;
  const isPrivate = privateV6(address);
  if (isPrivate !== undefined) return allowPrivate ? undefined : isPrivate;
  return publicV6(address) === undefined ? 'not a public address' : undefined;
}

/** The IPv4 address that an address of `::ffff:0:0/96` (mapped) or `64:ff9b::/96` (NAT64) holds; undefined for others. */
function embeddedV4(address: string): string | undefined {
  const groups = groupsOf(address);
  const head = groups.slice(0, 6).join(':');
  if (head !== '0:0:0:0:0:65535' && head !== '100:65435:0:0:0:0') return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // As the URL standard writes it, the address has no part in dotted decimals.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const numbers = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [front, back] = [numbers(head), numbers(tail ?? '')];
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}
