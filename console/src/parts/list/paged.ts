import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

interface Paged {
  readonly next_page_token: string;
}

/** A list that comes page by page: its pages so far, and how the next one is had. What it was before stands while another is asked for. */
export function usePaged<T extends Paged>(
  queryKey: readonly unknown[],
  ask: (page_token: string, signal: AbortSignal) => Promise<T>,
  enabled = true,
  /**
   * How often it is asked again by itself, of what changes without being told of; false: not at all. All pages that are there are
   * asked then: the more they are, the more seldom, so that the server answers no more of them in a minute.
   */
  everyMs: ((pages: readonly T[]) => number) | false = false,
) {
  const refetchInterval = ({
    state: { data },
  }: {
    readonly state: { readonly data?: { readonly pages: T[] } | undefined };
  }) => everyMs !== false && everyMs(data?.pages ?? []) * Math.max(1, data?.pages.length ?? 0);
  return useInfiniteQuery({
    queryKey,
    enabled,
    ...(everyMs === false ? {} : { refetchInterval }),
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    getNextPageParam: ({ next_page_token }) => (next_page_token === '' ? undefined : next_page_token),
    placeholderData: keepPreviousData,
  });
}
