import { withTimeLimit } from '../../outages/time-limit.js';

interface LaneState {
  readonly sending: Promise<void>;
  next: Promise<void> | undefined;
}

/**
 * Sends wakes, at most one per lane at a time. Wakes that come while one is on its way become one more wake after it, since
 * the first may have been received already. So a slow Redis cannot fill the memory with wakes.
 */
export class WakeSender {
  readonly #send: (lane: number) => Promise<void>;
  readonly #limitMs: number;
  readonly #lanes = new Map<number, LaneState>();

  /** `send` never rejects; `limitMs` bounds how long `wake` makes its caller wait for it. */
  constructor(send: (lane: number) => Promise<void>, limitMs: number) {
    this.#send = send;
    this.#limitMs = limitMs;
  }

  async wake(lanes: Iterable<number>): Promise<'sent' | 'late'> {
    const all = Promise.all(Array.from(lanes, (lane) => this.#wakeLane(lane))).then(() => 'sent' as const);
    return withTimeLimit(this.#limitMs, all, () => 'late' as const);
  }

  #wakeLane(lane: number): Promise<void> {
    const state = this.#lanes.get(lane);
    if (state === undefined) {
      return this.#start(lane);
    }
    state.next ??= state.sending.then(() => this.#start(lane));
    return state.next;
  }

  #start(lane: number): Promise<void> {
    const sending = this.#send(lane).then(() => {
      if (this.#lanes.get(lane)?.next === undefined) {
        this.#lanes.delete(lane);
      }
    });
    this.#lanes.set(lane, { sending, next: undefined });
    return sending;
  }
}
