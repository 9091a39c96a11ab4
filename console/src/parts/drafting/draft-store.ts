const PREFIX = 'latchkey.draft.';

/**
 * Drafts as texts, each at its place, in `sessionStorage`: for as long as the tab is there, over reloads and the end of the session. They are
 * of whoever is signed in: `app/kept-for.ts` drops them for anybody else. A browser that keeps nothing has a draft for as long as its page is open.
 */
export function keepDraftText(place: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(PREFIX + place);
    else sessionStorage.setItem(PREFIX + place, text);
  } catch {
    // The page has it.
  }
}

/** The draft that {@link keepDraftText} has kept there, as `read` understands it; undefined where there is none. */
export function keptDraftOf<T>(place: string, read: (text: string) => T | undefined): T | undefined {
  try {
    const text = sessionStorage.getItem(PREFIX + place);
    return text === null ? undefined : read(text);
  } catch {
    return undefined;
  }
}

/** Whether this tab keeps a draft of anything. */
export function keepsDrafts(): boolean {
  try {
    return Object.keys(sessionStorage).some((name) => name.startsWith(PREFIX));
  } catch {
    return false;
  }
}
