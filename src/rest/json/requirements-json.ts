import { Type } from 'typebox';
import { REASONS } from '../../core/deciding/decision.js';
import type { Block, Requirement, RuleRequirement, Tier, Tiers } from '../../core/requirements/requirement.js';
import type { JsonValue } from '../../core/values/json.js';
import type { ToldRequirements } from '../../services/evaluating/requirements.js';
import { rfc3339 } from './flag-json.js';
import { UsageSchema, usageJson } from './usage-json.js';

const Instant = Type.String({ description: 'RFC 3339.' });

const TierSchema = { rule_id: Type.Optional(Type.String()), variant: Type.String() };

/** One node of a rule's conditions; its children are of the same kind. */
export const RequirementSchema = Type.Object(
  {
    label: Type.String({
      description: 'What the condition, or its segment, is called; empty for groups without a name.',
    }),
    met: Type.Boolean(),
    progress: Type.Number({ description: '0 to 1, and 1 exactly when met.' }),
    met_at: Type.Optional(
      Type.String({
        description: 'RFC 3339. When time alone will have it met; absent: it is, or time alone will not.',
      }),
    ),
    nearest: Type.Optional(
      Type.Boolean({
        description:
          'true: of the members of an any, or the segments of a metConditions, that is not met: the nearest.',
      }),
    ),
    fact: Type.Optional(Type.String({ description: 'Absent, as all of the comparison, where it is not disclosed.' })),
    params: Type.Optional(Type.Unknown()),
    path: Type.Optional(Type.String()),
    operator: Type.Optional(Type.String()),
    target: Type.Optional(Type.Unknown({ description: 'What the fact is compared with: any JSON.' })),
    current: Type.Optional(Type.Unknown({ description: "The fact's present value; absent where the fact is." })),
    remaining: Type.Optional(
      Type.Number({ description: 'Of an at-least comparison over a count: how much is missing.' }),
    ),
    usage: Type.Optional(UsageSchema),
    counted_since: Type.Optional(
      Type.String({
        description:
          'RFC 3339. Since when the fact is counted, where its window, or a streak, may reach further back than days are known, or its action is derived.',
      }),
    ),
    breaks_at: Type.Optional(
      Type.String({ description: 'RFC 3339. When a streak that goes on now ends, unless the user goes on with it.' }),
    ),
    capped: Type.Optional(
      Type.Boolean({ description: 'true: as many different values have counted as can, and no more will.' }),
    ),
    group: Type.Optional(Type.Enum(['all', 'any', 'not'])),
    children: Type.Optional(
      Type.Array(Type.Ref('RequirementNode'), {
        description: "A group's members, or the segments that metConditions counts.",
      }),
    ),
  },
  { $id: 'RequirementNode', description: 'A condition, as it stands for the user: a comparison or a group of them.' },
);

/** The type that {@link RequirementSchema} describes. TypeBox cannot derive it, since it holds itself. */
export interface RequirementJson {
  readonly label: string;
  readonly met: boolean;
  readonly progress: number;
  readonly met_at?: string;
  readonly nearest?: true;
  readonly fact?: string;
  readonly params?: JsonValue;
  readonly path?: string;
  readonly operator?: string;
  readonly target?: JsonValue;
  readonly current?: JsonValue;
  readonly remaining?: number;
  readonly usage?: ReturnType<typeof usageJson>;
  readonly counted_since?: string;
  readonly breaks_at?: string;
  readonly capped?: true;
  readonly group?: 'all' | 'any' | 'not';
  readonly children?: readonly RequirementJson[];
}

export const FlagRequirementsSchema = Type.Object(
  {
    key: Type.String(),
    name: Type.String(),
    decision: Type.Object({
      enabled: Type.Boolean(),
      variant: Type.String(),
      value: Type.Unknown({ description: "The variant's value: any JSON." }),
      reason: Type.Enum([...REASONS]),
      rule_id: Type.Optional(Type.String({ description: 'The rule that answered.' })),
      valid_until: Type.Optional(Instant),
      usage: Type.Optional(UsageSchema),
    }),
    progress: Type.Number({
      description: '0 to 1: of the best rule; 1 when the flag is on, was granted, or a rule is met.',
    }),
    blocked_by: Type.Array(
      Type.Object({
        reason: Type.Enum(['DISABLED', 'SCHEDULE', 'PREREQUISITE', 'DENIED', 'REVOKED']),
        flag_key: Type.Optional(Type.String({ description: 'PREREQUISITE: the flag, where it may be told.' })),
        label: Type.Optional(Type.String({ description: 'PREREQUISITE: the flag\'s name, or "another feature".' })),
        rule_id: Type.Optional(Type.String({ description: 'REVOKED: the rule.' })),
        until: Type.Optional(Type.String({ description: 'SCHEDULE: when the window opens; absent: it has closed.' })),
      }),
      { description: 'All that keeps the flag off whatever its rules say.' },
    ),
    granted: Type.Boolean({ description: 'By hand, or earned by a rule since removed.' }),
    rules: Type.Array(
      Type.Object({
        rule_id: Type.String(),
        name: Type.Optional(Type.String({ description: 'For operators.' })),
        met: Type.Boolean({ description: 'The rule lets the user in.' }),
        unlocked: Type.Boolean({ description: 'Earned, or granted by hand.' }),
        rollout_excluded: Type.Optional(
          Type.Boolean({ description: 'For operators: the rollout leaves the user out.' }),
        ),
        revoked: Type.Optional(Type.Boolean({ description: 'For operators: the user is barred from it.' })),
        requirement: Type.Ref('RequirementNode'),
        variant: Type.String({ description: 'What it serves the user.' }),
        earned_by: Type.Optional(
          Type.Literal('ORGANIZATION', { description: "The user's organization earns it: all of this is about that." }),
        ),
      }),
    ),
    tiers: Type.Optional(
      Type.Object(
        {
          reached: Type.Optional(Type.Object(TierSchema, { description: 'What answers now; absent while it is off.' })),
          next: Type.Optional(Type.Object(TierSchema, { description: 'The nearest better one; see its rule.' })),
        },
        { description: 'Where the user stands, where the rules serve more than one variant.' },
      ),
    ),
    stale: Type.Optional(
      Type.Boolean({ description: 'true: the store was away, and the answer rests on what was known.' }),
    ),
  },
  { $id: 'FlagRequirements', description: 'What a flag asks of the user, and how far they have come.' },
);

export const AllRequirementsSchema = Type.Object(
  { requirements: Type.Array(Type.Ref('FlagRequirements')) },
  { description: 'What every flag asks that asks anything, by key.' },
);

/** Requirements as JSON, without what is absent, empty or does not apply. */
export function requirementsJson({ requirements, stale }: ToldRequirements) {
  const { decision, name, progress, blockedBy, granted, rules, tiers } = requirements;
  const { flagKey, enabled, variant, value, reason, ruleId, validUntil, usage } = decision;
  return {
    key: flagKey,
    name,
    decision: {
      enabled,
      variant,
      value,
      reason,
      ...(ruleId === '' ? {} : { rule_id: ruleId }),
      ...(validUntil === undefined ? {} : { valid_until: rfc3339(validUntil) }),
      ...(usage === undefined ? {} : { usage: usageJson(usage) }),
    },
    progress,
    blocked_by: blockedBy.map(blockJson),
    granted,
    rules: rules.map(ruleJson),
    ...(tiers === undefined ? {} : { tiers: tiersJson(tiers) }),
    ...(stale ? { stale } : {}),
  };
}

function blockJson({ reason, flagKey, label, ruleId, until }: Block) {
  return {
    reason,
    ...(flagKey === '' ? {} : { flag_key: flagKey }),
    ...(label === '' ? {} : { label }),
    ...(ruleId === '' ? {} : { rule_id: ruleId }),
    ...(until === undefined ? {} : { until: rfc3339(until) }),
  };
}

function tiersJson({ reached, next }: Tiers) {
  return { ...(reached && { reached: tierJson(reached) }), ...(next && { next: tierJson(next) }) };
}

function tierJson({ ruleId, variant }: Tier) {
  return { ...(ruleId === '' ? {} : { rule_id: ruleId }), variant };
}

function ruleJson(rule: RuleRequirement) {
  const { ruleId, name, met, earnedBy, unlocked, rolloutExcluded, revoked, requirement, variant } = rule;
  return {
    rule_id: ruleId,
    ...(name === '' ? {} : { name }),
    met,
    ...(earnedBy === 'ORGANIZATION' ? { earned_by: earnedBy } : {}),
    unlocked,
    ...(rolloutExcluded ? { rollout_excluded: true } : {}),
    ...(revoked ? { revoked } : {}),
    requirement: nodeJson(requirement),
    variant,
  };
}

function nodeJson({ label, met, progress, metAt, nearest, comparison, group, children }: Requirement): RequirementJson {
  return {
    label,
    met,
    progress,
    ...(metAt === undefined ? {} : { met_at: rfc3339(metAt) }),
    ...(nearest ? { nearest } : {}),
    ...(comparison === undefined ? {} : comparisonJson(comparison)),
    ...(group === undefined ? {} : { group }),
    ...(group === undefined && children.length === 0 ? {} : { children: children.map(nodeJson) }),
  };
}

function comparisonJson(comparison: NonNullable<Requirement['comparison']>) {
  const { fact, params, path, operator, usage, countedSince, breaksAt, ...values } = comparison;
  return {
    fact,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(path === '' ? {} : { path }),
    operator,
    ...values,
    ...(usage === undefined ? {} : { usage: usageJson(usage) }),
    ...(countedSince === undefined ? {} : { counted_since: rfc3339(countedSince) }),
    ...(breaksAt === undefined ? {} : { breaks_at: rfc3339(breaksAt) }),
  };
}
