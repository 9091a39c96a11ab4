import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/api.js';
import { serverNow } from '../../api/server-clock.js';
import { lastWeeks } from './iso-week.js';

/** Counters are refreshed so often while somebody looks. */
const REFRESH_MS = 10_000;

/** The funnel of an organization, or of everybody; of those who joined in the last weeks, where they are given. */
export function useFunnel(organization: string, weeks: number | undefined) {
  return useQuery({
    queryKey: ['onboarding', 'funnel', organization, weeks ?? ''],
    queryFn: ({ signal }) =>
      call('GET /api/admin/onboarding', {
        query: {
          organization_id: organization,
          ...(weeks === undefined ? {} : lastWeeks(weeks, new Date(serverNow()))),
        },
        signal,
      }),
    refetchInterval: REFRESH_MS,
    placeholderData: (before) => before,
  });
}
