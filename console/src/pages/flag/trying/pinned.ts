const PINNED = 'latchkey.pinned';
/** As many as the server takes at once. */
export const MOST_PINNED = 20;

/** The people on whom drafts are tried, as this tab keeps them. */
export function readPinned(): readonly string[] {
  try {
    const ids: unknown = JSON.parse(sessionStorage.getItem(PINNED) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string').slice(0, MOST_PINNED) : [];
  } catch {
    return [];
  }
}

export function keepPinned(ids: readonly string[]): void {
  try {
    sessionStorage.setItem(PINNED, JSON.stringify(ids));
  } catch {
    // They are pinned for as long as the page is open.
  }
}
