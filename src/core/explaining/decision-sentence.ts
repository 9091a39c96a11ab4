import type { Decision } from '../deciding/decision.js';
import { inWindow } from '../deciding/evaluate.js';
import type { Flag } from '../flags/flag.js';
import type { Block } from '../requirements/requirement.js';
import { type DescribedDecision, describeDecision } from '../sentences/decision-words.js';
import type { Sentence } from '../sentences/part.js';
import type { ExplainedFor, Explanation } from './explanation.js';
import { namesIn } from './line-words.js';

interface Explained extends Pick<Explanation, 'prerequisites' | 'rows' | 'rules' | 'kept'> {
  readonly explaining: ExplainedFor;
  readonly flag: Flag;
  readonly decision: Decision;
}

/** A decision and its reason in one sentence, by what an explanation has found. */
export function decisionSentence(explained: Explained): Sentence {
  const { explaining, decision, rules } = explained;
  const described = {
    decision,
    who: explaining.subject.userId || 'nobody in particular',
    requirements: { blockedBy: blocksOf(explained), rules: rules.map(({ requirement }) => requirement) },
    row: decidingRow(explained),
    earned: earnedBy(explained),
  };
  return describeDecision(described, namesIn(explaining.snapshot));
}

function decidingRow({ rows, decision }: Explained): DescribedDecision['row'] {
  const effect = decision.enabled ? 'ALLOW' : 'DENY';
  return rows.find(({ standing, row }) => standing === 'DECIDES' && row.effect === effect)?.row;
}

/** The standing by which the flag is on: of the rule that answers, or else of what was kept. */
function earnedBy({ rules, kept }: Explained): DescribedDecision['earned'] {
  const rule = rules.find(({ verdict }) => verdict === 'ANSWERS');
  const standings =
    rule === undefined ? kept : [rule.standing, rule.organizationStanding].filter((one) => one !== undefined);
  const counting = standings.find(({ counts }) => counts);
  return counting && { kind: counting.state === 'GRANTED' ? 'granted' : 'unlocked', earnedAt: counting.earnedAt };
}

function blocksOf({ explaining: { snapshot, now }, flag, prerequisites }: Explained): readonly Block[] {
  const block = { flagKey: '', label: '', ruleId: '' };
  const opens = flag.startsAt !== undefined && now < flag.startsAt ? { until: flag.startsAt } : {};
  return [
    ...(flag.active ? [] : [{ ...block, reason: 'DISABLED' as const }]),
    ...(inWindow(flag, now) ? [] : [{ ...block, ...opens, reason: 'SCHEDULE' as const }]),
    ...prerequisites
      .filter(({ met }) => !met)
      .map(({ flagKey }) => {
        const label = snapshot.flags.get(flagKey)?.flag.name || flagKey;
        return { ...block, flagKey, label, reason: 'PREREQUISITE' as const };
      }),
  ];
}
