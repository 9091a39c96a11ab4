import type { ExplainedRule, RolloutBucket } from '../../../../src/protocol/gen/admin-json.js';
import { BlockedIcon, DoneIcon, EarnedIcon, OffIcon } from '../../ui/icons.js';
import { words } from '../../words/ladder-words.js';
import { withLocalInstants } from '../time/instant.js';
import { Moment } from '../time/moment.js';
import { StandingText } from './ladder-lines.js';
import { RequirementTree } from './requirement-tree.js';

const ICONS: Readonly<Record<ExplainedRule['outcome'], typeof OffIcon>> = {
  OUTCOME_UNSPECIFIED: OffIcon,
  REVOKED: BlockedIcon,
  UNLOCKED: EarnedIcon,
  NO_ORGANIZATION: OffIcon,
  OUTSIDE_ROLLOUT: OffIcon,
  HOLDS: DoneIcon,
  UNMET: OffIcon,
};

/** The rules of a flag as they come out for the person, in their order, each with its conditions as they stand. */
export function RuleLines({ rules }: { readonly rules: readonly ExplainedRule[] }) {
  return (
    <ol className="ladder-list">
      {rules.map((rule, i) => (
        <RuleLine key={rule.requirement?.rule_id ?? i} rule={rule} at={i + 1} />
      ))}
    </ol>
  );
}

function RuleLine({ rule, at }: { readonly rule: ExplainedRule; readonly at: number }) {
  const { rule: said } = words.ladder;
  const { requirement: as, outcome, verdict, bucket, standing, organization_standing } = rule;
  const Icon = ICONS[outcome];
  const conditions = as?.requirement;
  const metAt = as?.met === false ? conditions?.met_at : undefined;
  return (
    <li className="rule" data-verdict={verdict} data-outcome={outcome}>
      <p className="ladder-item">
        <Icon aria-hidden />
        <strong>{as?.name === undefined || as.name === '' ? said.number(at) : as.name}</strong>
        <span>{said.outcomes[outcome]}</span>
        {verdict === 'ANSWERS' && <span className="tree-note">{words.ladder.answers}</span>}
        {verdict === 'NOT_REACHED' && <span className="tree-note">{words.ladder.notReached}</span>}
      </p>
      {rule.sentence !== '' && <p className="rule-sentence">{withLocalInstants(rule.sentence)}</p>}
      {standing !== undefined && <StandingText standing={standing} />}
      {organization_standing !== undefined && <StandingText standing={organization_standing} />}
      {conditions !== undefined && hasParts(conditions) && <RequirementTree node={conditions} />}
      {bucket !== undefined && bucket.rollout < 100_000 && <p className="tree-note">{bucketText(bucket)}</p>}
      {metAt !== undefined && (
        <p className="tree-note">
          {said.met}: <Moment at={metAt} />
        </p>
      )}
    </li>
  );
}

function hasParts({ children, fact }: NonNullable<NonNullable<ExplainedRule['requirement']>['requirement']>): boolean {
  return children.length > 0 || fact !== '';
}

export function bucketText({ bucket_by, position, rollout }: RolloutBucket): string {
  const { rule } = words.ladder;
  return position === undefined ? rule.noKey(bucket_by) : rule.bucket(position, rollout);
}
