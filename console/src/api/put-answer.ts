import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Has what the server has just answered stand as the answer of a query that is shown. A read that is on its way may be from before, and
 * would put that back: asking again drops it.
 */
export function putAnswer(queries: QueryClient, queryKey: QueryKey, data: unknown): void {
  queries.setQueryData(queryKey, data);
  void queries.invalidateQueries({ queryKey, exact: true });
}
