import { useEffect, useState } from 'react';
import { blankFlag, keepNewFlag, keptNewFlag, type NewFlag } from '../../draft/new-flag.js';
import { keepDraftText, keptDraftOf } from '../../parts/drafting/draft-store.js';
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
  const place = `new ${JSON.stringify(search)}`;
  const [blank] = useState<NewFlag>(() => ({ ...blankFlag(stuckOf(search)), key: search.key ?? '' }));
  const [flag, setFlag] = useState(() => keptDraftOf(place, keptNewFlag) ?? blank);
  const begun = keepNewFlag(flag) !== keepNewFlag(blank);
  useEffect(() => keepDraftText(place, begun ? keepNewFlag(flag) : undefined), [place, flag, begun]);
  return {
    flag,
    begun,
    change: (fields) => setFlag((before) => ({ ...before, ...fields })),
    forget: () => {
      setFlag(blank);
      keepDraftText(place, undefined);
    },
  };
}
