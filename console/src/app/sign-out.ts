import type { QueryClient } from '@tanstack/react-query';
import { signOut } from '../api/session.js';
import { tellTabs } from '../api/tabs.js';
import { tell } from '../ui/toasts.js';
import { words } from '../words/words.js';

/** Forgets whatever this browser keeps of what somebody saw or drafted, in this tab and for all. The theme and the like stay. */
export function forget(queries: QueryClient): void {
  queries.clear();
  sessionStorage.clear();
  localStorage.removeItem('latchkey.people');
}

/** Ends the session, forgets what it saw, and tells the other tabs. The page is loaded anew, so that nothing of it stays in memory. */
export function leave(queries: QueryClient): void {
  signOut().then(
    () => {
      forget(queries);
      tellTabs({ type: 'signed-out' });
      location.reload();
    },
    (error: unknown) => tell({ kind: 'failed', title: words.frame.signOutFailed, what: String(error) }),
  );
}
