import type { Decision } from '../deciding/decision.js';
import type { AccessRow } from '../flags/flag.js';
import type { FlagRequirements, RuleRequirement } from '../requirements/requirement.js';
import type { Cause } from '../states/ledger.js';
import { inBrief } from '../values/json.js';
import { shownInstant } from '../values/time/time.js';
import { targetWords } from './difference.js';
import { part, type Sentence, say, sentence, unplaced, type Words } from './part.js';
import { countInWords, missingInWords, nearestMissing } from './requirement-words.js';
import { BY_KEY, type Names, namePart } from './speaking.js';

/** A decision, with what is known of how it came about. What is left out is not told. */
export interface DescribedDecision {
  readonly decision: Pick<Decision, 'enabled' | 'reason' | 'ruleId'>;
  /** Who is decided for: an id, or a name. */
  readonly who: string;
  /** By which the rules are called, and what is missing is told. */
  readonly requirements?: Pick<FlagRequirements, 'blockedBy' | 'rules'> | undefined;
  /** The unlock or grant by which it is on. */
  readonly earned?:
    | { readonly kind: 'unlocked' | 'granted'; readonly earnedAt: number; readonly cause?: Cause }
    | undefined;
  /** The access row that answered. */
  readonly row?: Omit<AccessRow, 'flagId' | 'effect' | 'enabled'> | undefined;
}

/**
 * A decision in one sentence: `on for ada: earned at 2026-03-03T10:00:00.000Z by report_created`, `off for ada: 4 of 7 days since
 * joining`.
 */
export function describeDecision(described: DescribedDecision, names: Names = BY_KEY): Sentence {
  const { decision, who } = described;
  const why = whyWords(described, names);
  return sentence(
    say`${part('field', decision.enabled ? 'on' : 'off')} for ${part('value', who, undefined, who)}: ${why}`,
  );
}

function whyWords(described: DescribedDecision, names: Names): Words {
  const { decision, requirements, row } = described;
  switch (decision.reason) {
    case 'FLAG_NOT_FOUND':
      return say`there is no such flag, or it is archived`;
    case 'DISABLED':
      return disabledWords(requirements?.blockedBy ?? []);
    case 'PREREQUISITE_FAILED':
      return prerequisiteWords(requirements?.blockedBy ?? []);
    case 'DENIED':
      return row === undefined
        ? say`an access row denies it`
        : say`an access row denies it for ${unplaced(targetWords(row))}`;
    case 'USER':
    case 'ROLE':
    case 'ORGANIZATION': {
      if (row !== undefined) return say`an access row allows it for ${unplaced(targetWords(row))}`;
      const level =
        decision.reason === 'USER' ? 'the user' : decision.reason === 'ROLE' ? 'a role' : 'the organization';
      return say`an access row allows it for ${level}`;
    }
    case 'GLOBAL':
      return say`it is on for everyone`;
    case 'UNLOCKED':
      return earnedWords(described);
    case 'RULE':
      return say`${ruleNamed(described)} holds`;
    case 'ROLLOUT':
      return say`${ruleNamed(described)} is for everyone in its rollout`;
    case 'DEFAULT':
      return missingWords(requirements?.rules ?? [], names);
    case 'OVERRIDDEN':
      return say`the call itself says so`;
  }
}

function ruleNamed({ decision, requirements }: DescribedDecision): Words {
  const { ruleId } = decision;
  const name = requirements?.rules.find((rule) => rule.ruleId === ruleId)?.name;
  return [part('rule', name ? `rule ${inBrief(name)}` : `a rule`, undefined, ruleId)];
}

type Blocks = FlagRequirements['blockedBy'];

function disabledWords(blocks: Blocks): Words {
  const schedule = blocks.find(({ reason }) => reason === 'SCHEDULE');
  if (schedule === undefined || blocks.some(({ reason }) => reason === 'DISABLED'))
    return say`the flag is switched off`;
  if (schedule.until === undefined) return say`its time is over`;
  return say`it begins at ${part('value', shownInstant(schedule.until), undefined, schedule.until)}`;
}

function prerequisiteWords(blocks: Blocks): Words {
  const block = blocks.find(({ reason }) => reason === 'PREREQUISITE');
  if (block === undefined) return say`it needs another feature first`;
  if (block.flagKey === '') return say`it needs ${block.label === '' ? 'another feature' : block.label} first`;
  return say`it needs the feature ${part('flag', inBrief(block.label || block.flagKey), undefined, block.flagKey)} first`;
}

function earnedWords({ earned }: DescribedDecision): Words {
  if (earned === undefined) return say`it was earned`;
  const verb = earned.kind === 'granted' ? 'granted' : 'earned';
  const at = part('value', shownInstant(earned.earnedAt), undefined, earned.earnedAt);
  return say`${verb} at ${at}${earned.cause === undefined ? [] : causeWords(earned.cause)}`;
}

/** By what it came about, as the end of a sentence. */
function causeWords(cause: Cause): Words {
  switch (cause.type) {
    case 'event':
      return say` by ${unplaced([namePart('action', cause.action, '')])}`;
    case 'identify':
      return say` by what was said of the user`;
    case 'role':
      return cause.roles.length === 0 ? say` by a change of roles` : say` by the role ${inBrief(cause.roles[0])}`;
    case 'progress':
      return say` by reaching the stage ${unplaced([namePart('stage', cause.stage, '')])}`;
    case 'access':
      return say` by a change of access rows`;
    case 'organization':
      return say` by a change of the organization`;
    case 'time':
      return say` by time alone`;
    case 'backfill':
      return say` when the rule was saved`;
    case 'ledger':
      return say` by another unlock`;
    case 'correction':
      return say` by a corrected total, by ${inBrief(cause.actor)}: ${inBrief(cause.reason)}`;
    case 'manual':
      return say` by ${inBrief(cause.actor)}: ${inBrief(cause.reason)}`;
  }
}

/** What is nearest of what is missing, of the rule that is nearest. */
function missingWords(rules: readonly RuleRequirement[], names: Names): Words {
  const open = rules.filter(({ met, revoked, rolloutExcluded }) => !met && !revoked && !rolloutExcluded);
  const [first, ...others] = open;
  if (first === undefined) return rules.length === 0 ? say`no rule lets anybody in` : closedWords(rules);
  const nearest = others.reduce(
    (best, rule) => (rule.requirement.progress > best.requirement.progress ? rule : best),
    first,
  );
  const leaf = nearestMissing(nearest.requirement);
  const missing = leaf && (countInWords(leaf) ?? missingInWords(leaf, names)?.parts);
  const words = missing ?? say`its conditions are not met`;
  return nearest.name === ''
    ? words
    : say`${words}, for ${part('rule', `rule ${inBrief(nearest.name)}`, undefined, nearest.ruleId)}`;
}

function closedWords(rules: readonly RuleRequirement[]): Words {
  if (rules.some(({ revoked }) => revoked)) return say`it was revoked`;
  return say`the rollout leaves the user out`;
}
