import { useQuery } from '@tanstack/react-query';
import type { CheckConditionsRequest } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { words } from '../../words/versions-words.js';
import { useMay } from '../page/session-context.js';

/** A rule as versions and entries show it. */
export interface ShownRule extends Omit<CheckConditionsRequest, 'flag' | 'segment'> {
  readonly name: string;
  readonly conditions: Record<string, unknown>;
}

/** A rule that came, or went, as a whole. */
export function ruleAt(place: readonly string[], value: unknown): ShownRule | undefined {
  return place.at(-2) === 'rules' ? shownRule(value) : undefined;
}

/** All rules of a flag that came, or went, as a whole. */
export function rulesAt(place: readonly string[], value: unknown): readonly ShownRule[] | undefined {
  if (place.at(-1) !== 'rules' || !Array.isArray(value)) return undefined;
  const rules = value.map(shownRule);
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

function shownRule(value: unknown): ShownRule | undefined {
  const rule = value as Partial<ShownRule> | null;
  const isWhole = typeof rule === 'object' && typeof rule?.name === 'string' && typeof rule.conditions === 'object';
  return isWhole && rule.conditions !== null ? (rule as ShownRule) : undefined;
}

/** A rule in the server's sentence, with its JSON behind a fold; open where there is no sentence of it any more. */
export function RuleSaid({ rule }: { readonly rule: ShownRule }) {
  const { conditions, policy, on_reversal, earned_by, rollout, bucket_by } = rule;
  const body = Object.fromEntries(
    Object.entries({ conditions, policy, on_reversal, earned_by, rollout, bucket_by }).filter(
      ([, member]) => member !== undefined,
    ),
  ) as CheckConditionsRequest;
  const { data, isFetched } = useQuery({
    queryKey: ['check', JSON.stringify(body)],
    queryFn: ({ signal }) => call('POST /api/admin/conditions/check', { body, signal }),
    enabled: useMay('CheckConditions'),
    retry: false,
    staleTime: 60_000,
  });
  const said = data?.rule_sentence?.text;
  return (
    <div className="rule-said">
      {rule.name !== '' && (
        <strong>
          <bdi>{rule.name}</bdi>
        </strong>
      )}
      {said !== undefined && <p>{said}</p>}
      <details open={isFetched && said === undefined}>
        <summary>{words.versions.json}</summary>
        <code>
          <bdi>{JSON.stringify(rule, undefined, 2)}</bdi>
        </code>
      </details>
    </div>
  );
}
