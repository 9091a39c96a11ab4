import { useSyncExternalStore } from 'react';

const KEY = 'latchkey.times';
const listeners = new Set<() => void>();
let exact = stored();

/** Whether times in lists are shown as exact ones, with their zone, in place of how long ago they were. */
export function useExactTimes(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => exact,
  );
}

/** Shows times so, here and in other tabs, now and next time. */
export function chooseExactTimes(on: boolean): void {
  become(on);
  try {
    if (on) localStorage.setItem(KEY, 'exact');
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing shows them so for as long as the page is open.
  }
}

export function areTimesExact(): boolean {
  return exact;
}

addEventListener('storage', ({ key, newValue }) => {
  if (key === KEY) become(newValue === 'exact');
});

function become(on: boolean): void {
  exact = on;
  for (const listener of listeners) listener();
}

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) === 'exact';
  } catch {
    return false;
  }
}
