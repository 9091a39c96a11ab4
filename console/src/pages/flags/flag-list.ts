import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { FeatureFlag, FlagFacet, ListFlagsResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import type { FlagState } from '../../parts/flag-state.js';
import { type FlagsSearch, STATES, type StateName, stateNamed } from './flags-search.js';

export interface ListedFlag {
  readonly flag: FeatureFlag;
  readonly state: FlagState;
}

/** What the operator picked, by key; as the flags were then. */
export type Selection = ReadonlyMap<string, FeatureFlag>;

/** The flags that a search finds, as far as they have been fetched. */
export interface FlagList {
  readonly rows: readonly ListedFlag[];
  /** How many there are, fetched or not. */
  readonly total: number;
  readonly counts: Readonly<Record<StateName, number>>;
  readonly tags: readonly FlagFacet[];
  readonly owners: readonly FlagFacet[];
}

/** The first page is what is seen at once; the others are larger, for whoever jumps to the end of a long list. */
const FIRST_PAGE = 100;
const PAGE = 500;

/** Put away flags are listed where they are asked for alone. */
const UNASKED = STATES.filter((name) => name !== 'archived').map(stateNamed);

export function useFlagList(search: FlagsSearch) {
  const { q, state, tag, owner, order = 'key' } = search;
  const result = useInfiniteQuery({
    queryKey: ['flags', search],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call('GET /api/admin/flags', {
        query: {
          page_size: pageParam === '' ? FIRST_PAGE : PAGE,
          page_token: pageParam,
          states: state === undefined ? UNASKED : [stateNamed(state)],
          order: `FLAG_ORDER_${order.toUpperCase()}` as 'FLAG_ORDER_KEY',
          descending: order === 'updated' || order === 'created',
          // On every page, since a page's token is for the very question that it came with.
          facets: true,
          ...(q === undefined ? {} : { q }),
          ...(tag === undefined ? {} : { tag }),
          ...(owner === undefined ? {} : { owner }),
        },
        signal,
      }),
    getNextPageParam: ({ next_page_token }) => (next_page_token === '' ? undefined : next_page_token),
    // While a filter is typed, the list of the filter before stands.
    placeholderData: keepPreviousData,
  });
  const list = useMemo(() => (result.data === undefined ? undefined : listOf(result.data.pages)), [result.data]);
  return { ...result, list };
}

function listOf(pages: readonly ListFlagsResponse[]): FlagList {
  const [first] = pages;
  const last = pages.at(-1);
  const counts = new Map(last?.state_counts.map(({ state, count }) => [state, count]));
  const countOf = (name: StateName): [StateName, number] => [name, counts.get(stateNamed(name)) ?? 0];
  const rows = pages.flatMap(({ flags, states }) =>
    flags.map((flag, i): ListedFlag => ({ flag, state: states[i] ?? 'FLAG_STATE_UNSPECIFIED' })),
  );
  return {
    rows,
    total: Math.max(last?.total ?? 0, rows.length),
    counts: Object.fromEntries(STATES.map(countOf)) as Record<StateName, number>,
    tags: first?.tags ?? [],
    owners: first?.owners ?? [],
  };
}
