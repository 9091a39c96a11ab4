import { isIP, isIPv6 } from 'node:net';
import { CallRate } from './call-rate.js';

/** Where a call comes from. */
export interface From {
  /** The client's address, with or without a port. */
  getPeer(): string;
}

/**
 * How often authentications may fail that come from one network. Whoever is known already is not asked: many may come from the
 * same address, as through a proxy.
 */
export class FailedAuthentications {
  readonly #rate: CallRate;

  /** @param perMinute 0 for any number */
  constructor(perMinute: number, uptimeMs?: () => number) {
    this.#rate = new CallRate(perMinute, { what: 'failed authentications from one address', uptimeMs });
  }

  /** Throws LIMITED where too many have failed. Where a call comes from is asked only when it matters. */
  check(from: From | undefined): void {
    if (from !== undefined) this.#rate.check(networkOf(from.getPeer()));
  }

  count(from: From | undefined): void {
    if (from !== undefined) this.#rate.count(networkOf(from.getPeer()));
  }
}

/** The address without its port and, of IPv6, the first half of it: whoever has one such address has all of its network. */
export function networkOf(peer: string): string {
  const address = addressOf(peer.replace(/^::ffff:(?=\d+\.)/i, ''));
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

const IN_BRACKETS = /^\[([^\]]+)\](?::\d+)?$/;

/** The address of a peer that may have a port: `1.2.3.4:50`, `[2001:db8::1]:50` and, as grpc-js writes it, `2001:db8::1:50`. */
export function addressOf(peer: string): string {
  const inBrackets = IN_BRACKETS.exec(peer)?.[1];
  if (inBrackets !== undefined && isIPv6(inBrackets)) return inBrackets;
  const before = peer.slice(0, Math.max(0, peer.lastIndexOf(':')));
  return isIP(before) === 0 ? peer : before;
}
