import { useEffect, useState } from 'react';
import { blankFlag, keepNewFlag, keptNewFlag, type NewFlag } from '../../draft/new-flag.js';
import { type NewFlagSearch, stuckOf } from './new-flag-search.js';

export interface NewFlagState {
  readonly flag: NewFlag;
  /** Whether anything of it is typed. */
  readonly begun: boolean;
  readonly change: (fields: Partial<NewFlag>) => void;
  /** Forgets what is typed, here and where it is kept. */
  readonly forget: () => void;
}

/** What is typed of a new flag, kept in this tab until it is made; what an address begins is kept apart. Signing out clears it. */
export function useNewFlag(search: NewFlagSearch): NewFlagState {
  const place = `latchkey.draft.new ${JSON.stringify(search)}`;
  const [blank] = useState<NewFlag>(() => ({ ...blankFlag(stuckOf(search)), key: search.key ?? '' }));
  const [flag, setFlag] = useState(() => readKept(place) ?? blank);
  const begun = keepNewFlag(flag) !== keepNewFlag(blank);
  useEffect(() => {
    try {
      if (begun) sessionStorage.setItem(place, keepNewFlag(flag));
      else sessionStorage.removeItem(place);
    } catch {
      // A browser that keeps nothing has it for as long as the page is open.
    }
  }, [place, flag, begun]);
  return {
    flag,
    begun,
    change: (fields) => setFlag((before) => ({ ...before, ...fields })),
    forget: () => {
      setFlag(blank);
      try {
        sessionStorage.removeItem(place);
      } catch {
        // Nothing is kept there.
      }
    },
  };
}

function readKept(place: string): NewFlag | undefined {
  try {
    const text = sessionStorage.getItem(place);
    return text === null ? undefined : keptNewFlag(text);
  } catch {
    return undefined;
  }
}
