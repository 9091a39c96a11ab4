import type { Socket } from 'node:net';
import { networkOf } from './failed-authentications.js';

export interface ConnectionsOptions {
  /** How many one address may have open at once (of IPv6, one network of 64 bits); 0 or undefined for any number. */
  readonly maxOfAddress?: number | undefined;
  /** Whether an address may have any number: a proxy, by which many come. */
  readonly isExempt?: ((address: string) => boolean) | undefined;
  /** Told of each connection that was one too many. Must not throw. */
  readonly onRefused?: (() => void) | undefined;
}

/** The connections that one listener has open. It closes those that are one too many for their address. */
export class Connections {
  readonly #max: number;
  readonly #isExempt: (address: string) => boolean;
  readonly #onRefused: () => void;
  readonly #ofNetworks = new Map<string, number>();
  #open = 0;

  constructor({ maxOfAddress = 0, isExempt = () => false, onRefused = () => undefined }: ConnectionsOptions = {}) {
    this.#max = maxOfAddress;
    this.#isExempt = isExempt;
    this.#onRefused = onRefused;
  }

  /** How many are open. */
  get size(): number {
    return this.#open;
  }

  /** Counts a connection until it closes; false where it was one too many, and is closed already. */
  take(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    // One that the client has closed already has no address any more: it closes by itself.
    const counts = this.#max > 0 && address !== '' && !this.#isExempt(address);
    const network = counts ? networkOf(address) : '';
    const open = this.#ofNetworks.get(network) ?? 0;
    if (counts && open >= this.#max) {
      socket.destroy();
      this.#onRefused();
      return false;
    }
    if (counts) this.#ofNetworks.set(network, open + 1);
    this.#open++;
    socket.once('close', () => this.#closed(network));
    return true;
  }

  #closed(network: string): void {
    this.#open--;
    if (network === '') return;
    const open = this.#ofNetworks.get(network)! - 1;
    if (open === 0) this.#ofNetworks.delete(network);
    else this.#ofNetworks.set(network, open);
  }
}
