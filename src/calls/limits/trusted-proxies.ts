import { BlockList, isIP, isIPv6 } from 'node:net';
import { addressOf } from './failed-authentications.js';

/** The proxies that are believed when they say whose call they pass on. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @param proxies addresses and networks, like `10.0.0.0/8` */
  constructor(proxies: readonly string[]) {
    for (const proxy of proxies) {
      const [host = '', bits] = proxy.split('/');
      const family = isIPv6(host) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(host, family);
      else this.#list.addSubnet(host, Number(bits), family);
    }
  }

  /** Whether it is one of them: an address, with a port or without. */
  has(address: string): boolean {
    const plain = forwardedAddress(address).replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(plain) !== 0 && this.#list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  }

  /**
   * Whose call it is: the peer itself or, where that is a proxy, the last address of `X-Forwarded-For` that is none. What a client
   * itself wrote there stands before what proxies added, and is not believed.
   */
  clientOf(peer: string, forwardedFor: string | undefined): string {
    let client = addressOf(peer);
    const passedOn = (forwardedFor ?? '').split(',').map((address) => address.trim());
    while (this.has(client)) {
      const before = forwardedAddress(passedOn.pop() ?? '');
      if (isIP(before) === 0) break;
      client = before;
    }
    return client;
  }
}

/** The address in an entry of `X-Forwarded-For`, into which some proxies write the port, too. */
function forwardedAddress(entry: string): string {
  return isIP(entry) === 0 ? addressOf(entry) : entry;
}
