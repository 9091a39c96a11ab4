import { StoreUnavailable } from '../store/store.js';

/**
 * Does a piece of work for many at once; where it fails, for half of them, until whoever it fails for stands alone and is
 * told to `onError`: nobody holds up the others. Rejects with `StoreUnavailable`, which is nobody's fault.
 */
export async function halving(
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
    await halving(ids.slice(0, half), work, onError);
    await halving(ids.slice(half), work, onError);
  }
}
