import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CheckConditionsResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { type ConditionTree, jsonOfTree } from '../../draft/conditions/condition-tree.js';
import { missingInConditions } from '../../draft/flag/unfinished.js';
import type { JsonObject } from '../../draft/values/json.js';
import { useDebounced } from '../../parts/list/use-debounced.js';

/** What the server says of a segment's conditions as they are drafted, while they are typed. Nothing is asked while one has no fact yet. */
export function useSegmentCheck(key: string, conditions: ConditionTree): CheckConditionsResponse | undefined {
  const missing = missingInConditions(conditions);
  // A segment that has no key yet is looked at under one that it may have.
  const body = { segment: key || 'new', conditions: jsonOfTree(conditions) as JsonObject };
  const text = useDebounced(missing === undefined ? JSON.stringify(body) : '');
  const { data } = useQuery({
    queryKey: ['check', text],
    queryFn: ({ signal }) =>
      call('POST /api/admin/conditions/check', { body: JSON.parse(text) as typeof body, signal }),
    enabled: text !== '',
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return missing === undefined ? data : undefined;
}
