import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { call } from '../../api/api.js';
import { askUntold, UNTOLD_MS } from '../../api/query-client.js';
import type { PeopleSearch } from './people-search.js';

const PAGE = 50;

/** The people that a search finds, as far as they have been fetched. */
export function usePeopleList(search: PeopleSearch) {
  const { q, organization, role, stage, unlocked } = search;
  return useInfiniteQuery({
    queryKey: ['users', search],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call('GET /api/admin/users', {
        query: {
          page_size: PAGE,
          page_token: pageParam,
          ...(q === undefined ? {} : { q }),
          ...(organization === undefined ? {} : { organization_id: organization }),
          ...(role === undefined ? {} : { role }),
          ...(stage === undefined ? {} : { stage }),
          ...(unlocked === undefined ? {} : { unlocked }),
        },
        signal,
      }),
    getNextPageParam: ({ next_page_token }) => (next_page_token === '' ? undefined : next_page_token),
    // All pages that are there are asked for: the more they are, the more seldom.
    refetchInterval: (query) => askUntold(query, UNTOLD_MS * Math.max(1, query.state.data?.pages.length ?? 0)),
    // While a filter is typed, what the filter before found stands.
    placeholderData: keepPreviousData,
  });
}
