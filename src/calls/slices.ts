import type { Call } from './caller.js';
import { unavailable } from './errors.js';

/** A long piece of work gives way to other calls after this long. */
const SLICE_MS = 5;
/** The clock is looked at once in so many steps. */
const STEPS_PER_LOOK = 128;

/** Keeps a long piece of work from holding up everybody else, and stops it when nobody waits for it any more. */
export class Slices {
  readonly #call: Pick<Call, 'signal'>;
  #startedAt = performance.now();
  #steps = 0;

  constructor(call: Pick<Call, 'signal'>) {
    this.#call = call;
  }

  /** Asked after each small step, or after several: whether it is time to give way. */
  over(steps = 1): boolean {
    this.#steps += steps;
    if (this.#steps < STEPS_PER_LOOK) return false;
    this.#steps = 0;
    return performance.now() - this.#startedAt > SLICE_MS;
  }

  /** Lets others run; rejects with UNAVAILABLE when the call was cancelled. */
  async giveWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#startedAt = performance.now();
    if (this.#call.signal?.aborted) throw unavailable('the call was cancelled');
  }
}
