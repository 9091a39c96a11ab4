import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { SearchResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { useMay } from '../../../parts/page/session-context.js';

/** What the server finds by a text. */
export interface Found
  extends Pick<SearchResponse, 'flags' | 'segments' | 'users' | 'organizations' | 'stages' | 'actions'> {
  /** Whether it is of this text, and not of the one before. */
  readonly there: boolean;
}

/** The most letters that the server looks for. */
const MOST = 191;

const NOTHING: Omit<Found, 'there'> = {
  ...{ flags: [], segments: [], users: [] },
  ...{ organizations: [], stages: [], actions: [] },
};

/**
 * What the server finds by a text; nothing by ''. Until its answer is there, of the one before what fits still: Enter must lead to nothing
 * that is not asked for.
 */
export function useFound(text: string): Found {
  const q = text.slice(0, MOST);
  const asks = useMay('Search') && q !== '';
  const { data, isPlaceholderData, isLoading } = useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => call('GET /api/admin/search', { query: { q }, signal }),
    enabled: asks,
    placeholderData: keepPreviousData,
  });
  if (!asks || data === undefined) return { ...NOTHING, there: !(asks && isLoading) };
  if (!isPlaceholderData) return { ...NOTHING, ...data, there: true };
  const fits = (...names: readonly string[]) => names.join(' ').toLowerCase().includes(q.toLowerCase());
  return {
    flags: data.flags.filter(({ key, name }) => fits(key, name)),
    segments: data.segments.filter(({ key, name }) => fits(key, name)),
    organizations: data.organizations.filter(({ id }) => fits(id)),
    stages: data.stages.filter((stage) => fits(stage)),
    actions: data.actions.filter((action) => fits(action)),
    users: [],
    there: false,
  };
}
