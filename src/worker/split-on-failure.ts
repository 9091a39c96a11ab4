import { StoreUnavailable } from '../store/store.js';

/**
 * Does a piece of work for all ids at once. Where it fails, the work is done for each half of the ids, and so on, until an id
 * fails alone: `onError` is told of it, and the others are done. Rejects with `StoreUnavailable`, which no id is the reason for.
 */
export async function splitOnFailure(
  ids: readonly string[],
  work: (ids: readonly string[]) => Promise<void>,
  onError: (id: string, error: unknown) => void,
): Promise<void> {
  if (ids.length === 0) return;
  try {
    await work(ids);
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    if (ids.length === 1) {
      onError(ids[0]!, error);
      return;
    }
    const half = Math.ceil(ids.length / 2);
    await splitOnFailure(ids.slice(0, half), work, onError);
    await splitOnFailure(ids.slice(half), work, onError);
  }
}
