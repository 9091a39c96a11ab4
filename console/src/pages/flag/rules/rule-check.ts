import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CheckConditionsResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import type { DraftRule } from '../../../draft/flag/flag-content.js';
import { ruleInput } from '../../../draft/flag/save-request.js';
import { type Missing, missingInRule } from '../../../draft/flag/unfinished.js';
import { useDebounced } from '../../../parts/list/use-debounced.js';

export interface RuleCheck {
  /** Its sentence, faults and warnings; undefined until they are there. */
  readonly check: CheckConditionsResponse | undefined;
  /** Why they could not be had. */
  readonly error: Error | null;
  /** What is yet to be said of it; so long nothing is asked. */
  readonly missing: Missing | undefined;
}

/** What the server says of a rule as it is drafted, while it is typed. */
export function useRuleCheck(rule: DraftRule, flagId: string, enabled = true): RuleCheck {
  const { id: _id, name: _name, distribution: _distribution, ...asked } = ruleInput(rule);
  const body = { ...asked, flag: flagId };
  const missing = missingInRule(rule);
  const text = useDebounced(missing === undefined ? JSON.stringify(body) : '');
  const { data, error } = useQuery({
    queryKey: ['check', text],
    queryFn: ({ signal }) =>
      call('POST /api/admin/conditions/check', { body: JSON.parse(text) as typeof body, signal }),
    enabled: enabled && text !== '',
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return missing === undefined ? { check: data, error, missing } : { check: undefined, error: null, missing };
}
