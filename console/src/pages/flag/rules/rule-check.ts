import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CheckConditionsResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import type { DraftRule } from '../../../draft/flag-content.js';
import { ruleInput } from '../../../draft/save-request.js';
import { useDebounced } from '../../../parts/use-debounced.js';

export interface RuleCheck {
  /** Its sentence, faults and warnings; undefined until they are there. */
  readonly check: CheckConditionsResponse | undefined;
  /** Why they could not be had. */
  readonly error: Error | null;
}

/** What the server says of a rule as it is drafted, while it is typed. */
export function useRuleCheck(rule: DraftRule, flagId: string, enabled = true): RuleCheck {
  const { id: _id, name: _name, distribution: _distribution, ...asked } = ruleInput(rule);
  const body = { ...asked, flag: flagId };
  const text = useDebounced(JSON.stringify(body));
  const { data, error } = useQuery({
    queryKey: ['check', text],
    queryFn: ({ signal }) =>
      call('POST /api/admin/conditions/check', { body: JSON.parse(text) as typeof body, signal }),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return { check: data, error };
}
