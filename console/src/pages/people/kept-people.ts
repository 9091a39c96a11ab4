import { useSyncExternalStore } from 'react';

/** Ids that this browser keeps; nothing else about anybody is kept. */
export interface KeptPeople {
  /** The last seen first. */
  readonly recent: readonly string[];
  readonly pinned: readonly string[];
}

const KEY = 'latchkey.people';
const RECENT = 8;
const PINNED = 20;
const NOBODY: KeptPeople = { recent: [], pinned: [] };

const listeners = new Set<() => void>();
let text: string | null = null;
let kept = NOBODY;

export function useKeptPeople(): KeptPeople {
  return useSyncExternalStore(follow, read);
}

/** Puts somebody first among those that were seen. */
export function noteSeen(id: string): void {
  const { recent, pinned } = read();
  if (recent[0] !== id) write({ pinned, recent: [id, ...recent.filter((each) => each !== id)].slice(0, RECENT) });
}

export function pin(id: string, on: boolean): void {
  const { recent, pinned } = read();
  const others = pinned.filter((each) => each !== id);
  write({ recent, pinned: on ? [id, ...others].slice(0, PINNED) : others });
}

/** Forgets somebody who was erased. */
export function forget(id: string): void {
  const { recent, pinned } = read();
  write({ recent: recent.filter((each) => each !== id), pinned: pinned.filter((each) => each !== id) });
}

function read(): KeptPeople {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // A browser that keeps nothing has nobody.
  }
  if (stored !== text) {
    text = stored;
    kept = parse(stored);
  }
  return kept;
}

function parse(stored: string | null): KeptPeople {
  try {
    const { recent, pinned } = JSON.parse(stored ?? '{}') as Readonly<Record<string, unknown>>;
    return { recent: idsOf(recent), pinned: idsOf(pinned) };
  } catch {
    return NOBODY;
  }
}

function idsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function write(next: KeptPeople): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    return;
  }
  for (const listener of listeners) listener();
}

function follow(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', listener);
  };
}
