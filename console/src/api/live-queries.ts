import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';
import { hearLive, liveState, onLiveState } from './live.js';
import { outdatedBy } from './outdated-by.js';

/** No query is asked again more often, however much happens. */
const AT_MOST_EVERY_MS = 1_000;

/**
 * Has queries asked again when what they are about changes, and all of them when the stream was away. What happens within a second is
 * asked for once, and while the tab is hidden not at all.
 */
export function keepQueriesLive(queries: QueryClient): () => void {
  const outdated = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let flushedAt = Number.NEGATIVE_INFINITY;
  const flush = (): void => {
    timer = undefined;
    if (document.hidden) return;
    flushedAt = performance.now();
    const keys = [...outdated.values()];
    outdated.clear();
    for (const queryKey of keys) {
      // An answer that is on its way may be from before: it is waited for, since slow ones would never come else, and asked for again.
      for (const { queryHash, queryKey: late } of queries
        .getQueryCache()
        .findAll({ queryKey, fetchStatus: 'fetching' }))
        outdated.set(queryHash, late);
      const predicate = ({ state }: Query): boolean => state.fetchStatus !== 'fetching';
      queries.invalidateQueries({ queryKey, predicate }).catch(() => undefined);
    }
    soon();
  };
  const soon = (): void => {
    if (outdated.size === 0) return;
    timer ??= setTimeout(flush, Math.max(50, flushedAt + AT_MOST_EVERY_MS - performance.now()));
  };
  const add = (keys: readonly QueryKey[]): void => {
    for (const key of keys) outdated.set(JSON.stringify(key), key);
    soon();
  };
  let wasPaused = false;
  const forget = [
    hearLive((event) => add(outdatedBy(event))),
    onLiveState(() => {
      const paused = typeof liveState() !== 'string';
      if (wasPaused && !paused) add([[]]);
      wasPaused = paused;
    }),
  ];
  document.addEventListener('visibilitychange', soon);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', soon);
    for (const each of forget) each();
  };
}
