import type { QueryClient } from '@tanstack/react-query';
import { reload } from '../../api/closing.js';
import { signOut } from '../../api/session.js';
import { hearTabs, tellTabs } from '../../api/tabs.js';
import { keepsDrafts } from '../../parts/drafting/draft-store.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/words.js';
import { forget } from './kept-for.js';

/** How long other tabs have to say that they keep a draft: they answer at once, unless they are frozen. */
const ANSWER_MS = 300;

/** Whether signing out would throw drafts away, in this tab or in another one. */
export async function losesDrafts(): Promise<boolean> {
  if (keepsDrafts()) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const end = hearTabs(({ type }) => {
    if (type === 'keeps-drafts') resolve(true);
  });
  tellTabs({ type: 'who-keeps-drafts' });
  setTimeout(() => resolve(false), ANSWER_MS);
  return promise.finally(end);
}

/** Tells the other tabs, when they ask, that this one keeps a draft. Gives what ends that. */
export function answerForDrafts(): () => void {
  return hearTabs(({ type }) => {
    if (type === 'who-keeps-drafts' && keepsDrafts()) tellTabs({ type: 'keeps-drafts' });
  });
}

/** Ends the session, forgets what it saw, and tells the other tabs. The page is loaded anew, so that nothing of it stays in memory. */
export function leave(queries: QueryClient): void {
  signOut().then(
    () => {
      forget(queries);
      tellTabs({ type: 'signed-out' });
      reload();
    },
    (error: unknown) => tell({ kind: 'failed', title: words.frame.signOutFailed, what: String(error) }),
  );
}
