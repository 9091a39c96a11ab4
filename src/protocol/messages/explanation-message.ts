import type { Decision } from '../../core/deciding/decision.js';
import type { OrganizationExplanation } from '../../core/explaining/explain-for-organization.js';
import type {
  ExplainedRow,
  ExplainedRule,
  Explanation,
  KeptStanding,
  Line,
  RolloutBucket,
  RuleStanding,
  VariantChoice,
} from '../../core/explaining/explanation.js';
import type { RuleRequirement } from '../../core/requirements/requirement.js';
import type { Sentence } from '../../core/sentences/part.js';
import type { EvaluateResponse } from '../gen/latchkey/v1/evaluation.js';
import {
  type RolloutBucket as BucketMessage,
  type VariantChoice as ChoiceMessage,
  ExplainedLine_Line,
  ExplainedLine_Verdict,
  ExplainedRow_Level,
  ExplainedRow_Standing,
  ExplainedRule_Outcome,
  type Explanation as ExplanationMessage,
  type ExplainedLine as LineMessage,
  type ExplainedRow as RowMessage,
  type ExplainedRule as RuleMessage,
  type ExplainedStanding as StandingMessage,
  VariantChoice_From,
} from '../gen/latchkey/v1/explanation.js';
import { Rule_EarnedBy, Rule_Policy } from '../gen/latchkey/v1/flag.js';
import { Unlock_State } from '../gen/latchkey/v1/ledger.js';
import { accessMessage } from './access-row.js';
import { decisionMessage } from './decision-message.js';
import { instant } from './fields.js';
import { ruleMessage } from './requirement-message.js';
import { sentenceMessage } from './sentence-message.js';

/** How much of an explanation is sent. */
export interface ExplanationForm {
  readonly stale: boolean;
  /** Whether the decision has its value, which may be large. Those of flags that are required never have. */
  readonly withValue: boolean;
}

/** A decision without its value, which may be large, is not counted by any limit, and follows from the variant. */
export function valuelessDecision(decision: Decision, stale = false): EvaluateResponse {
  return { ...decisionMessage({ decision, stale }), value: undefined };
}

/** A whole explanation as a message. */
export function explanationMessage(explanation: Explanation, form: ExplanationForm): ExplanationMessage {
  const { decision, name, lines, startsAt, endsAt, prerequisites, rows, rules, kept, choice, sentence } = explanation;
  const nested = { ...form, withValue: false };
  return {
    decision: told(decision, form),
    name,
    lines: lines.map(lineMessage),
    startsAt: instant(startsAt),
    endsAt: instant(endsAt),
    prerequisites: prerequisites.map(({ explanation: own, decision: required, ...prerequisite }) => ({
      ...{ flagKey: prerequisite.flagKey, variant: prerequisite.variant },
      ...{ met: prerequisite.met, reached: prerequisite.reached },
      explanation: own === undefined ? decisionAlone(required, form.stale) : explanationMessage(own, nested),
    })),
    rows: rows.map(rowMessage),
    rules: rules.map(ruleOf),
    kept: kept.map(keptMessage),
    choice: choice && choiceMessage(choice),
    ...spoken(sentence),
  };
}

/** What an organization may be told of an explanation, as a message. */
export function organizationExplanationMessage(
  { decision, name, lines, rows, rules }: OrganizationExplanation,
  form: ExplanationForm,
): ExplanationMessage {
  return {
    ...decisionAlone(decision, form.stale),
    decision: told(decision, form),
    name,
    lines: lines.map(lineMessage),
    rows: rows.map(rowMessage),
    rules: rules.map((requirement) => toldRule(requirement, decision)),
  };
}

function told(decision: Decision, { stale, withValue }: ExplanationForm): EvaluateResponse {
  return withValue ? decisionMessage({ decision, stale }) : valuelessDecision(decision, stale);
}

function decisionAlone(decision: Decision, stale: boolean): ExplanationMessage {
  return {
    ...{ decision: valuelessDecision(decision, stale), name: '', lines: [] },
    ...{ startsAt: undefined, endsAt: undefined, prerequisites: [], rows: [], rules: [], kept: [], choice: undefined },
    ...UNSPOKEN,
  };
}

function spoken(of: Sentence): Spoken {
  const { text, parts } = sentenceMessage(of);
  return { sentence: text, sentenceParts: parts };
}

type Spoken = Pick<RuleMessage, 'sentence' | 'sentenceParts'>;
const UNSPOKEN: Spoken = { sentence: '', sentenceParts: [] };

function lineMessage({ line, verdict, says }: Line): LineMessage {
  return { line: ExplainedLine_Line[line], verdict: ExplainedLine_Verdict[verdict], says };
}

function rowMessage({ row, level, standing, through }: ExplainedRow): RowMessage {
  return {
    row: accessMessage(row),
    level: ExplainedRow_Level[level],
    standing: ExplainedRow_Standing[standing],
    through: [...through],
  };
}

function ruleOf(rule: ExplainedRule): RuleMessage {
  const { requirement, standing, organizationStanding } = rule;
  const { ruleId } = requirement;
  return {
    verdict: ExplainedLine_Verdict[rule.verdict],
    outcome: ExplainedRule_Outcome[rule.outcome],
    policy: Rule_Policy[rule.policy],
    requirement: ruleMessage(requirement),
    ...spoken(rule.sentence),
    bucket: bucketMessage(rule.bucket),
    choice: choiceMessage(rule.choice),
    standing: standing && standingMessage({ ...standing, ruleId, of: 'USER' }),
    organizationStanding:
      organizationStanding && standingMessage({ ...organizationStanding, ruleId, of: 'ORGANIZATION' }),
  };
}

/** A rule as people are told of it: whether it answers follows from the decision. */
function toldRule(requirement: RuleRequirement, { enabled, ruleId }: Decision): RuleMessage {
  const answers = enabled && ruleId === requirement.ruleId;
  return {
    verdict: answers ? ExplainedLine_Verdict.ANSWERS : ExplainedLine_Verdict.VERDICT_UNSPECIFIED,
    outcome: ExplainedRule_Outcome.OUTCOME_UNSPECIFIED,
    policy: Rule_Policy.POLICY_UNSPECIFIED,
    ...UNSPOKEN,
    requirement: ruleMessage(requirement),
    bucket: undefined,
    choice: undefined,
    standing: undefined,
    organizationStanding: undefined,
  };
}

function bucketMessage({ by, key = '', position, rolloutPer100k, included }: RolloutBucket): BucketMessage {
  return { bucketBy: by, key, position, rollout: rolloutPer100k, included };
}

const FROM: Readonly<Record<VariantChoice['from'], VariantChoice_From>> = {
  RULE: VariantChoice_From.FROM_RULE,
  FLAG: VariantChoice_From.FROM_FLAG,
  NONE: VariantChoice_From.FROM_UNSPECIFIED,
};

function choiceMessage({ variant, from, by, key = '', distribution }: VariantChoice): ChoiceMessage {
  return { variant, from: FROM[from], bucketBy: by, key, distribution: [...distribution] };
}

const STATES: Readonly<Record<RuleStanding['state'], Unlock_State>> = {
  UNLOCKED: Unlock_State.STATE_UNLOCKED,
  GRANTED: Unlock_State.STATE_GRANTED,
  REVOKED: Unlock_State.STATE_REVOKED,
};

const keptMessage = standingMessage;

function standingMessage({ ruleId, state, ruleVersion, earnedAt, counts, of }: KeptStanding): StandingMessage {
  return {
    ...{ ruleId, ruleVersion, counts },
    state: STATES[state],
    earnedAt: instant(earnedAt),
    earnedBy: Rule_EarnedBy[of],
  };
}
