import type { QueryClient } from '@tanstack/react-query';
import type { Session } from '../../api/session.js';

/** Whose it is what the tab keeps, and what the browser keeps for all tabs: it stands beside it in both, and is read after a reload, too. */
const OWNER = 'latchkey.kept-for';
/** What the browser keeps of what somebody saw. The theme and the like are nobody's. */
const SEEN = 'latchkey.people';

/** Forgets whatever this browser keeps of what somebody saw or drafted, in this tab and for all. The theme and the like stay. */
export function forget(queries: QueryClient): void {
  queries.clear();
  forgetTab();
  forgetBrowser();
}

/** Has what is kept from now on be this caller's. What is kept of anybody else, or of nobody knows whom, is forgotten. */
export function keepFor(caller: Session['caller']): void {
  const owner = JSON.stringify([caller.kind, caller.id]);
  for (const [storage, clear] of [
    [() => sessionStorage, forgetTab],
    [() => localStorage, forgetBrowser],
  ] as const) {
    try {
      if (storage().getItem(OWNER) === owner) continue;
      clear();
      storage().setItem(OWNER, owner);
    } catch {
      // A browser that keeps nothing has nothing of anybody's.
    }
  }
}

function forgetTab(): void {
  sessionStorage.clear();
}

function forgetBrowser(): void {
  localStorage.removeItem(SEEN);
  localStorage.removeItem(OWNER);
}
