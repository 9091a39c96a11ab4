import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { type LiveState, liveState, onLiveState } from '../../api/live.js';
import { mayPass } from '../../api/query-client.js';
import { clockTime } from '../../parts/time/instant.js';
import { AwayIcon } from '../../ui/icons.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/words.js';

/** How long the stream may be gone before it is worth a word: servers restart. */
const WORTH_A_WORD_MS = 5_000;

/** Says that what the page shows may be old, for as long as Latchkey does not answer; the page stays, and asks again by itself. */
export function AwayBar() {
  const away = useAway();
  const paused = usePaused();
  useEffect(() => {
    if (!away) return undefined;
    return () => tell({ kind: 'done', title: words.frame.back });
  }, [away]);
  if (!away && paused === undefined) return null;
  return (
    <div className="away-bar" role="status">
      <AwayIcon aria-hidden />
      <strong>{away ? words.frame.away : words.frame.paused}</strong>
      <span>{paused === undefined ? words.frame.awayWhat : words.frame.pausedWhat(clockTime(new Date(paused)))}</span>
    </div>
  );
}

/** Whether something that the page shows could not be asked for again; what it shows no more is not asked for, and says nothing. */
function useAway(): boolean {
  const queries = useQueryClient();
  const [away, setAway] = useState(false);
  useEffect(() => {
    const cache = queries.getQueryCache();
    const look = () =>
      setAway(
        cache
          .getAll()
          .some((query) => query.isActive() && query.state.data !== undefined && mayPass(query.state.error)),
      );
    return cache.subscribe(look);
  }, [queries]);
  return away;
}

/** Since when live updates are paused, once that has lasted; undefined while they come. */
function usePaused(): number | undefined {
  const state: LiveState = useSyncExternalStore(onLiveState, liveState);
  const since = typeof state === 'string' ? undefined : state.pausedAt;
  const [shown, setShown] = useState<number>();
  useEffect(() => {
    if (since === undefined) {
      setShown(undefined);
      return undefined;
    }
    const timer = setTimeout(() => setShown(since), since + WORTH_A_WORD_MS - Date.now());
    return () => clearTimeout(timer);
  }, [since]);
  return shown;
}
