import { CallRate } from './call-rate.js';
import { type From, networkOf } from './failed-authentications.js';

/**
 * How many calls a minute may come from one address (of IPv6, one network of 64 bits), by all doors that share this, whoever
 * makes them: also those who are not known, and those whose token is refused.
 */
export class AddressRate {
  readonly #rate: CallRate;

  constructor(perMinute: number, uptimeMs?: () => number) {
    this.#rate = new CallRate(perMinute, { what: 'calls from one address', uptimeMs });
  }

  /** How many addresses are counted now. */
  get size(): number {
    return this.#rate.size;
  }

  /** Counts a call. Throws LIMITED, with the time after which one is taken again, where it is one too many. */
  take(from: From): void {
    this.#rate.take(networkOf(from.getPeer()));
  }
}
