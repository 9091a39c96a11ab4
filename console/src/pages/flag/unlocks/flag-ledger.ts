import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { call } from '../../../api/api.js';
import { hearLive } from '../../../api/live.js';
import { usePaged } from '../../../parts/list/paged.js';
import { keyed, newerThan, withOlder } from './ledger-entries.js';

/** The ledger of a flag, newest first, kept up to date as the stream tells; as long as it is held, as it was when that began. */
export function useFlagLedger(flag: string) {
  const queries = useQueryClient();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = usePaged(
    ['unlocks', flag],
    (page_token, signal) =>
      call('GET /api/admin/flags/{flag}/unlocks', {
        path: { flag },
        query: { newest_first: true, page_size: 50, page_token },
        signal,
      }),
  );
  const pages = data?.pages.length ?? 1;
  const looks = useRef(0);
  useEffect(
    () =>
      hearLive((event) => {
        // A backfill tells how many it has written, not whom.
        const written = event.name === 'backfill' && event.data.backfill?.flag_key === flag;
        const byHand = event.name === 'audit' && event.data.action.startsWith('unlock.') && event.data.target === flag;
        // The stream tells of unlocks that turn the flag on for somebody, and not of all; others stand in the ledger, too. All pages
        // are read anew then: the more there are, the less often.
        if (event.name === 'counters') looks.current += 1;
        const anyway = event.name === 'counters' && looks.current % pages === 0;
        if (written || byHand || anyway)
          void queries.invalidateQueries({ queryKey: ['unlocks', flag] }, { cancelRefetch: false });
      }),
    [flag, queries, pages],
  );
  const present = useMemo(() => data && keyed(data.pages.flatMap(({ entries }) => entries)), [data]);
  const [held, setHeld] = useState(false);
  const shown = useRef(present);
  if (!held || shown.current === undefined) shown.current = present;
  else if (present !== undefined) shown.current = withOlder(shown.current, present);
  return {
    entries: shown.current,
    /** How many have come in since it is held. */
    fresh: newerThan(shown.current, present),
    hold: () => setHeld(true),
    release: () => setHeld(false),
    more: hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined,
    error,
    again: () => void refetch(),
  };
}
