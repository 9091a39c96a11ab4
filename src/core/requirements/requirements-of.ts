import { verdictOf } from '../deciding/access.js';
import type { Decision } from '../deciding/decision.js';
import { decide, decideForPeople, inWindow, onVariant, rolloutIncludes } from '../deciding/evaluate.js';
import { earnerOf, type Subject, timeZoneOf } from '../deciding/subject.js';
import { countsAsUnlocked, hasKeptUnlock } from '../deciding/unlocks.js';
import { withNow } from '../facts/fact-record.js';
import type { KnownDays } from '../facts/known-days.js';
import type { CompiledFlag, CompiledRule, Snapshot } from '../snapshot/snapshot.js';
import { dayClockOf } from '../states/day-zone.js';
import { requirementTrees } from './compile-requirement.js';
import type { Audience, Block, BlockReason, FlagRequirements, Requirement, RuleRequirement } from './requirement.js';
import { mayKnowOf, nameOfFlag, type Showing, showingOf, showRequirement } from './show-requirement.js';
import { tiersOf } from './tiers.js';

/** Whose requirements are asked for, at which instant, and who is to be shown them. */
export interface Asked {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly audience: Audience;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Since when windows can be trusted; left out, it is not told. */
  readonly known?: KnownDays | undefined;
  /** Whether the rules of a flag that is on tell no more than that they are met: for who asks what is missing of many flags. */
  readonly briefWhereOn?: boolean;
}

/**
 * What a flag asks of a subject: pure, synchronous and total. If the order of evaluation gets as far as the rules, the flag
 * is on exactly when nothing blocks it and it was granted or some rule is met.
 *
 * People are not told of a denial: a flag that is denied to them looks like any flag that is off. So rules that are met, and
 * grants, are left out then, as rules are whose rollout excludes the user.
 */
export function requirementsOf(compiled: CompiledFlag, asked: Asked): FlagRequirements {
  const { snapshot, subject, audience, now } = asked;
  const denied = isDenied(compiled, subject);
  const hidesDenial = denied && audience === 'PERSON';
  const showing = showingFor(asked);
  const earner = earnerFor(compiled, asked);
  const decision = (audience === 'PERSON' ? decideForPeople : decide)(snapshot, compiled.flag.key, subject, now);
  const brief = asked.briefWhereOn === true && decision.enabled;
  const rules = toldRules(compiled, { subject, earner, brief, hidesDenial }, showing);
  const keeps =
    hasKeptUnlock(compiled, subject.user.ledger) ||
    (earner !== undefined && hasKeptUnlock(compiled.organizations!, earner.user.ledger));
  const granted = !hidesDenial && keeps;
  const letsIn = granted || rules.some(({ met }) => met);
  const blockedBy = [
    ...blocksBeforeRules(compiled, asked, showing),
    ...(denied && !hidesDenial ? [block('DENIED')] : []),
    ...(letsIn ? [] : rules.filter(({ revoked }) => revoked).map(({ ruleId }) => block('REVOKED', { ruleId }))),
  ];
  const progress = decision.enabled || letsIn ? 1 : Math.max(0, ...rules.map(progressOf));
  const tiers = tiersOf(decision, rules);
  return {
    decision,
    name: compiled.flag.name,
    progress,
    blockedBy,
    granted,
    rules,
    ...(tiers === undefined ? {} : { tiers }),
  };
}

/** The rules that {@link requirementsOf} tells of, and nothing else: for who asks what is missing of very many flags. */
export function rulesToMeet(compiled: CompiledFlag, asked: Asked): readonly RuleRequirement[] {
  const { subject, audience } = asked;
  const hidesDenial = audience === 'PERSON' && isDenied(compiled, subject);
  const earner = earnerFor(compiled, asked);
  return toldRules(compiled, { subject, earner, brief: false, hidesDenial }, showingFor(asked));
}

function earnerFor({ organizations }: CompiledFlag, { snapshot, subject }: Asked): Subject | undefined {
  return organizations === undefined ? undefined : earnerOf(snapshot, subject);
}

function toldRules(
  compiled: CompiledFlag,
  { hidesDenial, ...of }: Parameters<typeof everyRule>[1] & { readonly hidesDenial: boolean },
  showing: Showing,
): readonly RuleRequirement[] {
  return everyRule(compiled, of, showing)
    .filter((rule) => showing.audience === 'OPERATOR' || isForPeople(rule))
    .filter(({ met }) => !(hidesDenial && met));
}

/** By what the requirements of one flag, or of several together, are shown. */
export function showingFor({ snapshot, subject, audience, now, known }: Asked): Showing {
  return showingOf({ snapshot, audience, known, ...shownOf(snapshot, subject, now) });
}

/** All rules of a flag for a subject, in their order; `earner` is the subject's organization where it earns rules of the flag. */
export function everyRule(
  compiled: CompiledFlag,
  of: Pick<RuleOfSubject, 'subject' | 'earner' | 'brief'>,
  showing: Showing,
): readonly RuleRequirement[] {
  return compiled.rules.map((entry) => ruleRequirement({ compiled, entry, ...of }, showing, showing.record.now));
}

/**
 * Whether there is something that users must do or be for the flag: it has prerequisites, or it is not on for everyone and
 * has a rule with conditions. An archived flag has no requirements.
 */
export function isGated({ flag, rules }: CompiledFlag): boolean {
  if (flag.archived) return false;
  return flag.prerequisites.length > 0 || (!flag.isEnabledGlobally && rules.some((rule) => !rule.unconditional));
}

interface RuleOfSubject {
  readonly compiled: CompiledFlag;
  readonly entry: CompiledRule;
  readonly subject: Subject;
  /** The user's organization where it earns rules of the flag. */
  readonly earner: Subject | undefined;
  /** Whether the conditions are shown as no more than met or not. */
  readonly brief?: boolean;
}

function ruleRequirement(of: RuleOfSubject, showing: Showing, now: number): RuleRequirement {
  const { compiled, entry, subject } = of;
  const { rule, byOrganization } = entry;
  const standings = [subject, ...(byOrganization && of.earner !== undefined ? [of.earner] : [])].map(({ user }) =>
    user.ledger.get(compiled.flag.id)?.get(rule.id),
  );
  // The user's own standing comes first, as in a decision: a grant of theirs outweighs that the organization is barred.
  const first = standings.find((standing) => standing?.state === 'REVOKED' || countsAsUnlocked(entry, standing));
  const revoked = first?.state === 'REVOKED';
  const unlocked = standings.some((standing) => countsAsUnlocked(entry, standing));
  const rolloutExcluded = !rolloutIncludes(compiled, entry, subject);
  const requirement = of.brief
    ? inBrief(of, now)
    : byOrganization
      ? requirementOfOrganization(of, showing, now)
      : ownRequirement(of, showing);
  return {
    ruleId: rule.id,
    name: showing.audience === 'OPERATOR' ? rule.name : '',
    met: !revoked && (unlocked || (requirement.met && !rolloutExcluded)),
    earnedBy: byOrganization ? 'ORGANIZATION' : 'USER',
    unlocked,
    rolloutExcluded,
    revoked,
    requirement,
    variant: onVariant(compiled, entry, subject),
  };
}

/** Whether the conditions are met, and nothing else of them. */
function inBrief({ entry, subject, earner }: RuleOfSubject, now: number): Requirement {
  const by = entry.byOrganization ? earner : subject;
  const met = by !== undefined && entry.test(withNow(by, now));
  return { label: '', met, progress: Number(met), nearest: false, children: [] };
}

function ownRequirement({ compiled, entry }: RuleOfSubject, showing: Showing): Requirement {
  const tree = requirementTrees(showing.snapshot, compiled)[compiled.rules.indexOf(entry)]!;
  return showRequirement(tree, showing);
}

/** What the user's organization has come to. Of a user in none it is not met, and there is nothing to show of it. */
function requirementOfOrganization(
  { compiled, entry, earner }: RuleOfSubject,
  showing: Showing,
  now: number,
): Requirement {
  if (earner === undefined) return { label: NO_ORGANIZATION, met: false, progress: 0, nearest: false, children: [] };
  const { judging } = showing.snapshot.organizationEarners!;
  const rules = compiled.organizations!.rules;
  const tree = requirementTrees(judging, compiled.organizations!)[
    rules.findIndex(({ rule }) => rule.id === entry.rule.id)
  ]!;
  return showRequirement(tree, {
    ...showing,
    snapshot: judging,
    ...shownOf(judging, earner, now),
    whose: 'organization',
  });
}

/** What people read of a rule that an organization would earn for them. */
const NO_ORGANIZATION = 'your organization: none';

function shownOf(
  snapshot: Snapshot,
  subject: Subject,
  now: number,
): Pick<Showing, 'record' | 'actions' | 'actionsOfOrganization' | 'clock'> {
  const { user, organization } = subject;
  const clock = dayClockOf(user.dayZone, timeZoneOf(snapshot, user, organization));
  const actionsOfOrganization = organization?.earner?.actions;
  return { record: withNow(subject, now), actions: user.actions, actionsOfOrganization, clock };
}

function isForPeople({ revoked, unlocked, rolloutExcluded }: RuleRequirement): boolean {
  return !revoked && (unlocked || !rolloutExcluded);
}

/** How near the user is to being let in by this rule: 0 for one that is closed to them. */
function progressOf({ met, revoked, rolloutExcluded, requirement }: RuleRequirement): number {
  if (met) return 1;
  return revoked || rolloutExcluded ? 0 : requirement.progress;
}

/** Whether line 4 of the order of evaluation denies: by the platform's rows or, for a delegated flag, the organization's. */
function isDenied(compiled: CompiledFlag, subject: Subject): boolean {
  if (verdictOf(compiled, subject, '')?.effect === 'DENY') return true;
  if (!compiled.flag.delegated || subject.organizationId === '') return false;
  return verdictOf(compiled, subject, subject.organizationId)?.effect === 'DENY';
}

/** What blocks by lines 2 and 3 of the order of evaluation: all of it, not only what an evaluation would stop at. */
function blocksBeforeRules({ flag }: CompiledFlag, { snapshot, subject, now }: Asked, showing: Showing): Block[] {
  const blocks: Block[] = [];
  if (!flag.active) blocks.push(block('DISABLED'));
  if (!inWindow(flag, now)) {
    const opens = flag.startsAt !== undefined && now < flag.startsAt;
    blocks.push(block('SCHEDULE', opens ? { until: flag.startsAt } : {}));
  }
  const decided = new Map<string, Decision>();
  for (const { flagKey, variant } of flag.prerequisites) {
    const other = decide(snapshot, flagKey, subject, now, {
      depth: 1,
      decided,
      hidesDenials: false,
      withoutUsage: true,
    });
    if (other.enabled && (variant === '' || variant === other.variant)) continue;
    const known = mayKnowOf(flagKey, showing);
    blocks.push(block('PREREQUISITE', { flagKey: known ? flagKey : '', label: nameOfFlag(flagKey, showing) }));
  }
  return blocks;
}

function block(reason: BlockReason, more: Partial<Block> = {}): Block {
  return { reason, flagKey: '', label: '', ruleId: '', ...more };
}
