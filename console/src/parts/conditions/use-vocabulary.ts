import { useQuery } from '@tanstack/react-query';
import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';

/** What conditions can be made of; undefined until it is there. */
export function useVocabulary(): GetVocabularyResponse | undefined {
  const { data } = useQuery({
    queryKey: ['vocabulary'],
    queryFn: ({ signal }) => call('GET /api/admin/vocabulary', { query: {}, signal }),
    staleTime: 60_000,
  });
  return data;
}
