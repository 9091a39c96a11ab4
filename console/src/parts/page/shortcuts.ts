import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface Shortcut {
  /** `Mod+k` (Ctrl, or ⌘ on a Mac), `Mod+Shift+z`, a letter like `x`, or letters one after the other like `g f`. */
  readonly keys: string;
  /** What it does, as the list of shortcuts says it. */
  readonly what: string;
  readonly run: () => void;
  /** Those of the page itself stand apart in the list, and wait while a dialog is open over it. */
  readonly here?: boolean;
  /** Whether the palette offers it, too: what moves the focus would be of no use there, since closing the palette gives it back. */
  readonly command?: boolean;
}

/** How long the second letter may take. */
const CHORD_MS = 1_000;
const LETTERS_KEY = 'latchkey.letters';

const sets = new Set<readonly Shortcut[]>();
const listeners = new Set<() => void>();
let all: readonly Shortcut[] = [];
let first: { readonly key: string; readonly at: number } | undefined;

/** All that work now, the latest first. */
export function useAllShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(onChange, () => all);
}

/** Has these work for as long as the component is there. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const present = useRef(shortcuts);
  present.current = shortcuts;
  const names = shortcuts.map(({ keys, what }) => `${keys} ${what}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are the same as long as their names are; what they do is read when they run
  useEffect(() => {
    const own = present.current.map((shortcut, i) => ({ ...shortcut, run: () => present.current[i]?.run() }));
    sets.add(own);
    changed();
    return () => {
      sets.delete(own);
      changed();
    };
  }, [names]);
}

/** Whether single letters are shortcuts (WCAG 2.1.4 asks that they can be switched off). */
export function useLetters(): boolean {
  return useSyncExternalStore(onChange, letters);
}

export function chooseLetters(on: boolean): void {
  try {
    if (on) localStorage.removeItem(LETTERS_KEY);
    else localStorage.setItem(LETTERS_KEY, 'off');
  } catch {
    // A browser that keeps nothing has them on.
  }
  changed();
}

function letters(): boolean {
  try {
    return localStorage.getItem(LETTERS_KEY) !== 'off';
  } catch {
    return true;
  }
}

function onChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  all = [...sets].toReversed().flat();
  for (const listener of listeners) listener();
}

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  const modified = event.ctrlKey || event.metaKey;
  const inDialog = isInDialog(event.target);
  // Within a shadow root, such as an editor's, the event itself names its host only.
  const [target = null] = event.composedPath();
  if (event.altKey || (!modified && (isTyping(target) || inDialog || !letters()))) return;
  const key = modified ? `Mod+${event.shiftKey ? 'Shift+' : ''}${event.key.toLowerCase()}` : event.key;
  const chord = first !== undefined && event.timeStamp - first.at < CHORD_MS ? `${first.key} ${key}` : undefined;
  first = undefined;
  const works = ({ here }: Shortcut) => here !== true || !(inDialog || (modified && takesBackItself(event)));
  const found =
    all.find((each) => each.keys === chord && works(each)) ?? all.find((each) => each.keys === key && works(each));
  if (found !== undefined) {
    event.preventDefault();
    found.run();
    return;
  }
  // What saves a page waits while a dialog is open over it; the browser is not to save that as a file instead.
  if (key === 'Mod+s' && all.some(({ keys }) => keys === key)) event.preventDefault();
  if (all.some(({ keys }) => keys.startsWith(`${key} `))) first = { key, at: event.timeStamp };
});

/** Whether letters go into something. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('textarea, select') !== null) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type);
}

/** Whether a key takes back what is typed in a field that is no part of what the page edits, such as one that finds something. */
function takesBackItself({ target, key }: KeyboardEvent): boolean {
  if (!['z', 'y'].includes(key.toLowerCase()) || !(target instanceof Element)) return false;
  return target.matches('input[type="search"], [data-own-undo] input, [data-own-undo] textarea');
}

function isInDialog(target: EventTarget | null): boolean {
  if (target === document.body) return document.querySelector('.dialog') !== null;
  return target instanceof Element && target.closest('[role="dialog"], [role="alertdialog"]') !== null;
}
