import type { Delivery } from '../../../../../src/protocol/gen/admin-json.js';

/** Of deliveries nothing tells: what is about to be sent is looked at again soon, the rest now and then. */
const SOON_EVERY_MS = 2_000;
const EVERY_MS = 15_000;
/** What is due within so long is about to be sent. What was due longer ago waits for something else, such as a worker or the switch. */
const SOON_MS = 10_000;
const OVERDUE_MS = 60_000;

/** In how many milliseconds deliveries are looked at again, at `nowMs` by the clock here. */
export function lookAgainMs(deliveries: readonly Pick<Delivery, 'state' | 'next_attempt_at'>[], nowMs: number): number {
  const soon = deliveries.some(({ state, next_attempt_at }) => {
    const inMs = Date.parse(next_attempt_at ?? '') - nowMs;
    return state === 'pending' && inMs < SOON_MS && inMs > -OVERDUE_MS;
  });
  return soon ? SOON_EVERY_MS : EVERY_MS;
}
