import type { Call } from './caller.js';
import { unavailable } from './errors.js';

/** A long piece of work lets other calls run after this long. */
const SLICE_MS = 5;
/** The clock is read once in so many steps. */
const STEPS_PER_READING = 128;

/** Long pieces of work that pause, the longest first. */
const paused: (() => void)[] = [];

/** Gives each turn of the event loop to one of them: where many are under way, a call waits for one of them and not for all. */
function goOn(): void {
  paused.shift()!();
  if (paused.length > 0) setImmediate(goOn);
}

/**
 * The pauses in which a long piece of work lets other calls of this process run, as in
 * `if (pauses.due()) await pauses.take();`. A pause also stops the work when nobody waits for it any more.
 */
export class EventLoopPauses {
  readonly #call: Pick<Call, 'signal'>;
  #startedAt = performance.now();
  #steps = 0;

  constructor(call: Pick<Call, 'signal'>) {
    this.#call = call;
  }

  /** Asked after each small step, or after several: whether it is time for a pause. */
  due(steps = 1): boolean {
    this.#steps += steps;
    if (this.#steps < STEPS_PER_READING) return false;
    this.#steps = 0;
    return performance.now() - this.#startedAt > SLICE_MS;
  }

  /** Lets others run, other long pieces of work too; rejects with UNAVAILABLE when the call was cancelled. */
  async take(): Promise<void> {
    await new Promise<void>((resolve) => {
      paused.push(resolve);
      if (paused.length === 1) setImmediate(goOn);
    });
    this.#startedAt = performance.now();
    if (this.#call.signal?.aborted) throw unavailable('the call was cancelled');
  }
}
