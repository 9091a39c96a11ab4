/** What a dialog that closes, and a page that comes, give the focus to by themselves they have by then. */
const SETTLED_MS = 100;
const ATTEMPTS = 30;
/** What somebody may go on from, when what they were at is gone. */
const ROOMS = 'section, ul, ol, table, form, main, [role="dialog"], [role="alertdialog"]';
const REMEMBERED = 8;

interface Visited {
  readonly element: HTMLElement;
  /** All that it stood in, the innermost first. */
  readonly rooms: readonly HTMLElement[];
}

/**
 * Keeps the focus from being lost where what has it is taken away, such as the button of what has just been undone: browsers leave it to the
 * page as a whole then, and whoever has no pointer begins at its top again. What it stood in takes the focus, or what was visited before it.
 */
export function keepFocus(): () => void {
  let visited: readonly Visited[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLost = (): boolean => document.activeElement === document.body && visited[0]?.element.isConnected === false;
  const onFocus = ({ target }: FocusEvent): void => {
    if (target instanceof HTMLElement)
      visited = [{ element: target, rooms: roomsOf(target) }, ...visited].slice(0, REMEMBERED);
  };
  const soon = (attempt: number): void => {
    timer = setTimeout(() => {
      timer = undefined;
      // A page may be still on its way.
      if (isLost() && !takeUp(visited) && attempt < ATTEMPTS) soon(attempt + 1);
    }, SETTLED_MS);
  };
  const removals = new MutationObserver(() => {
    if (timer === undefined && isLost()) soon(1);
  });
  removals.observe(document.body, { childList: true, subtree: true });
  document.addEventListener('focusin', onFocus);
  return () => {
    clearTimeout(timer);
    removals.disconnect();
    document.removeEventListener('focusin', onFocus);
  };
}

function roomsOf(element: HTMLElement): readonly HTMLElement[] {
  const room = element.parentElement?.closest<HTMLElement>(ROOMS);
  return room == null ? [] : [room, ...roomsOf(room)];
}

/** Whether the focus is somewhere again. */
function takeUp(visited: readonly Visited[]): boolean {
  for (const { element, rooms } of visited) {
    for (const place of [element, ...rooms]) {
      if (!place.isConnected) continue;
      focus(place);
      if (document.activeElement === place) return true;
    }
  }
  const title = document.querySelector('h1');
  if (title !== null) focus(title);
  return document.activeElement === title;
}

function focus(place: HTMLElement): void {
  const isPassing = place.matches(ROOMS) && !place.hasAttribute('tabindex');
  if (isPassing) {
    place.tabIndex = -1;
    place.dataset.takesFocus = '';
    const pass = (): void => {
      place.removeAttribute('tabindex');
      delete place.dataset.takesFocus;
    };
    place.addEventListener('blur', pass, { once: true });
  }
  place.focus({ preventScroll: true });
}
