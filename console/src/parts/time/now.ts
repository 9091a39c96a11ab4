import { useSyncExternalStore } from 'react';
import { serverNow } from '../../api/server-clock.js';

const MINUTE_MS = 60_000;

const listeners = new Set<() => void>();
let minutes = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** A browser holds back the timers of tabs that nobody sees, and stops them while the machine sleeps: who comes back is shown what is so by then. */
function tick(): void {
  minutes += 1;
  for (const listener of listeners) listener();
}

function tickWhenSeen(): void {
  if (document.visibilityState === 'visible') tick();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    timer = setInterval(tick, MINUTE_MS);
    document.addEventListener('visibilitychange', tickWhenSeen);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tickWhenSeen);
  };
}

/** The present instant by the server's clock, told again every minute: what says how long ago something was has to go on saying it. One timer serves all. */
export function useNow(): Date {
  useSyncExternalStore(subscribe, () => minutes);
  return new Date(serverNow());
}
