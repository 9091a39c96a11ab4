import { useSyncExternalStore } from 'react';
import { hearLive } from '../../api/live.js';
import type { LiveEvent } from '../../api/live-event.js';

/** How often something has changed, as far as the stream has told, by which previews may come to something else. */
let changes = 0;
const listeners = new Set<() => void>();

hearLive((event) => {
  if (!changesDecisions(event)) return;
  changes += 1;
  for (const listener of listeners) listener();
});

/** What anybody may have by: flags, segments, stages, rows, and the roles and attributes of organizations. Single people change all the time. */
function changesDecisions(event: LiveEvent): boolean {
  if (event.name === 'audit') return /^(?:access|organization)\./.test(event.data.action);
  return event.name === 'configuration' || event.name === 'reset';
}

/** As it is now: a preview that begins by now has seen all of them. */
export function decisionsChanged(): number {
  return changes;
}

export function useDecisionsChanged(): number {
  return useSyncExternalStore(listen, decisionsChanged);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
