import { StoreUnavailable } from '../store/store.js';

/** How long a call waits for a store that does not answer, in milliseconds. */
export const STORE_ANSWERS_MS = 250;

/** The result of `work`; rejects with `StoreUnavailable` when it takes longer. The work itself is not stopped. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new StoreUnavailable(`the store did not answer within ${Math.max(0, Math.round(limitMs))} ms`);
    timer = setTimeout(() => reject(error), Math.max(0, limitMs));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
