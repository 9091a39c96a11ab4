import type { Store } from '../../store/store.js';

export interface FillSearchOptions {
  readonly store: Pick<Store, 'searchFill'>;
  /** Awaited between small steps: resolves when there is nothing more urgent to do, or after a while in any case. */
  readonly giveWay: () => Promise<void>;
}

/** How many users one transaction locks, for which writes of theirs have to wait. */
const USERS_PER_TRANSACTION = 100;

/**
 * Brings everybody to the attributes that users are found by, where these have changed. It may be stopped anywhere and goes on where it
 * was, on whichever server; of several that run it at the same time one does the work.
 */
export async function fillSearch({ store, giveWay }: FillSearchOptions, signal?: AbortSignal): Promise<void> {
  if (await store.searchFill.isComplete()) return;
  while (!signal?.aborted && (await store.searchFill.step(USERS_PER_TRANSACTION))) await giveWay();
}
