import { useSyncExternalStore } from 'react';
import { liveState, onLiveState } from '../../api/live.js';
import { words } from '../../words/words.js';

/** Whether changes of others show by themselves: a full dot, or a ring. Nothing for whoever may not follow them. */
export function LiveDot() {
  const state = useSyncExternalStore(onLiveState, liveState);
  if (state === 'starting') return null;
  const live = state === 'live';
  return (
    <span className="live-dot" data-live={live ? '' : undefined} title={live ? words.frame.live : words.frame.notLive}>
      <span className="unseen">{live ? words.frame.live : words.frame.notLive}</span>
    </span>
  );
}
