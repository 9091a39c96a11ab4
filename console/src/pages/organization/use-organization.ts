import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { askUntold } from '../../api/query-client.js';

/** What is stored of an organization. One that users or rows name and nobody has described has nothing stored. */
export function useOrganization(id: string) {
  const { data, error, refetch } = useQuery({
    queryKey: ['organizations', id, 'data'],
    queryFn: ({ signal }) =>
      call('GET /api/admin/organizations/{organization_id}', { path: { organization_id: id }, signal }),
    refetchInterval: (query) => askUntold(query),
    retry: false,
  });
  return {
    data,
    error,
    /** Whether it is known what is stored, even that nothing is. */
    known: data !== undefined || (error instanceof ApiError && error.kind === 'absent'),
    again: () => void refetch(),
  };
}
