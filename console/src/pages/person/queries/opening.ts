import { useQuery } from '@tanstack/react-query';
import type { ExplainFlagResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { askUntold } from '../../../api/query-client.js';
import { serverNow } from '../../../api/server-clock.js';
import { explanationOf } from './person-queries.js';

/** At how many instants the server is asked what would be decided. */
const MOST_ASKED = 5;

/** How far ahead it is asked what would be decided: a little less than the ten years that the server looks. */
const FORESEEN_MS = 3_650 * 24 * 60 * 60_000;

type Explanation = ExplainFlagResponse['explanation'];

/**
 * When a flag that is off comes on by time alone. What would be decided at each of the candidates is asked of the server, so that nothing
 * that keeps the flag off is overlooked: one after the other, since what comes first may be kept off by what a later one is not.
 */
export function useOpening(id: string, flag: string, explanation: Explanation, stored: boolean): string | undefined {
  const candidates = explanation?.decision?.enabled === false && stored ? candidatesOf(explanation) : [];
  const { data } = useQuery({
    queryKey: ['user', id, 'opening', flag, candidates],
    queryFn: async ({ signal }) => {
      for (const at of candidates) {
        const { explanation: then } = await explanationOf(id, flag, { at }, signal);
        if (then?.decision?.enabled === true) return at;
      }
      return null;
    },
    enabled: candidates.length > 0,
    refetchInterval: (query) => askUntold(query),
  });
  return candidates.length > 0 ? (data ?? undefined) : undefined;
}

/** The instants at which a rule whose share the person is in has its conditions met by time, and when the flag's schedule begins; soonest first. */
function candidatesOf(explanation: NonNullable<Explanation>): readonly string[] {
  const met = explanation.rules
    .filter(({ outcome }) => outcome !== 'OUTSIDE_ROLLOUT')
    .flatMap(({ requirement }) => requirement?.requirement?.met_at ?? []);
  const all = new Set([...met, ...(explanation.starts_at === undefined ? [] : [explanation.starts_at])]);
  return [...all]
    .filter(isForeseen)
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .slice(0, MOST_ASKED);
}

function isForeseen(at: string): boolean {
  const ahead = Date.parse(at) - serverNow();
  return ahead > 0 && ahead < FORESEEN_MS;
}
