import { withTimeLimit } from '../../outages/time-limit.js';
import { StoreUnavailable } from '../../store/store.js';

/** How long a call waits for a store that does not answer, in milliseconds. */
export const STORE_ANSWERS_MS = 250;

/** What the store answers; rejects with `StoreUnavailable` when that takes longer. What it was asked is not stopped. */
export function storeAnswerWithin<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  return withTimeLimit(limitMs, answer, () => {
    throw new StoreUnavailable(`the store did not answer within ${Math.max(0, Math.round(limitMs))} ms`);
  });
}
