import type {
  FeatureFlag,
  Prerequisite,
  Rule,
  Variant,
  WeightedVariant,
} from '../../../../src/protocol/gen/admin-json.js';
import { type ConditionTree, jsonOfTree, treeOf } from '../conditions/condition-tree.js';
import type { JsonObject } from '../values/json.js';
import { PER_100K } from '../values/percentage.js';

/** A rule as it is edited. */
export interface DraftRule {
  /** Names the rule within the draft: its id, or `new:1` of one that has none yet. Rule ids hold no colon. */
  readonly key: string;
  readonly name: string;
  readonly conditions: ConditionTree;
  readonly policy: 'LIVE' | 'LATCHING';
  readonly on_reversal: 'KEEP' | 'RELOCK';
  readonly earned_by: 'USER' | 'ORGANIZATION';
  /** Hundred-thousandths. */
  readonly rollout: number;
  readonly bucket_by: string;
  readonly distribution: readonly WeightedVariant[];
}

/** All of a flag that an operator writes, called as the protocol calls it. */
export interface FlagContent {
  readonly name: string;
  readonly description: string;
  readonly active: boolean;
  readonly is_enabled_globally: boolean;
  readonly type: 'BOOLEAN' | 'STRING' | 'NUMBER' | 'JSON';
  readonly variants: readonly Variant[];
  readonly off_variant: string;
  readonly distribution: readonly WeightedVariant[];
  readonly rules: readonly DraftRule[];
  readonly prerequisites: readonly Prerequisite[];
  /** RFC 3339, in UTC; null without. */
  readonly starts_at: string | null;
  readonly ends_at: string | null;
  readonly tags: readonly string[];
  readonly owner: string;
  readonly delegated: boolean;
  readonly client_visible: boolean;
  readonly archived: boolean;
  readonly bucketing: number;
}

/** The names of all fields of a flag but its rules, in the order in which changes are told. */
export const SIMPLE_FIELDS = [
  ...(['active', 'archived', 'is_enabled_globally', 'starts_at', 'ends_at', 'prerequisites'] as const),
  ...(['name', 'description', 'type', 'variants', 'off_variant', 'distribution', 'bucketing'] as const),
  ...(['tags', 'owner', 'delegated', 'client_visible'] as const),
] as const satisfies readonly (keyof FlagContent)[];

/** The names of all fields of a rule, likewise. */
export const RULE_FIELDS = [
  ...(['name', 'conditions', 'rollout', 'policy', 'on_reversal', 'earned_by', 'bucket_by', 'distribution'] as const),
] as const satisfies readonly (keyof DraftRule)[];

export type SimpleField = (typeof SIMPLE_FIELDS)[number];
export type RuleField = (typeof RULE_FIELDS)[number];

/** Whether a rule is yet to be given an id. */
export function isNewRule({ key }: DraftRule): boolean {
  return key.startsWith('new:');
}

/** A rule with nothing said of it but whether it lasts: everyone has it. */
export function newRule(key: string, policy: DraftRule['policy'] = 'LIVE'): DraftRule {
  return {
    key,
    name: '',
    conditions: treeOf({}),
    policy,
    on_reversal: 'KEEP',
    earned_by: 'USER',
    rollout: PER_100K,
    bucket_by: 'user',
    distribution: [],
  };
}

/** A flag with nothing said of it: on, for nobody. */
export const NEW_FLAG: FlagContent = {
  name: '',
  description: '',
  active: true,
  is_enabled_globally: false,
  type: 'BOOLEAN',
  variants: [
    { key: 'on', value: true },
    { key: 'off', value: false },
  ],
  off_variant: 'off',
  distribution: [],
  rules: [],
  prerequisites: [],
  starts_at: null,
  ends_at: null,
  tags: [],
  owner: '',
  delegated: false,
  client_visible: true,
  archived: false,
  bucketing: 2,
};

/** What there is to edit of a flag as the server gives it. Nodes of conditions that `before` has, too, keep their ids. */
export function contentOf(flag: FeatureFlag, before?: FlagContent): FlagContent {
  const known = new Map(before?.rules.map((rule) => [rule.key, rule]));
  return {
    name: flag.name,
    description: flag.description,
    active: flag.active ?? true,
    is_enabled_globally: flag.is_enabled_globally ?? false,
    type: flag.type === 'TYPE_UNSPECIFIED' ? 'BOOLEAN' : flag.type,
    variants: flag.variants,
    off_variant: flag.off_variant,
    distribution: flag.distribution,
    rules: flag.rules.map((rule) => ruleOf(rule, known.get(rule.id))),
    prerequisites: flag.prerequisites,
    starts_at: flag.starts_at ?? null,
    ends_at: flag.ends_at ?? null,
    tags: flag.tags,
    owner: flag.owner,
    delegated: flag.delegated ?? false,
    client_visible: flag.client_visible ?? true,
    archived: flag.archived ?? false,
    bucketing: flag.bucketing ?? 2,
  };
}

function ruleOf(rule: Rule, before: DraftRule | undefined): DraftRule {
  const { policy = 'LIVE', on_reversal = 'KEEP', earned_by = 'USER' } = rule;
  return {
    key: rule.id,
    name: rule.name,
    conditions: treeOf((rule.conditions ?? {}) as JsonObject, before?.conditions),
    policy: policy === 'POLICY_UNSPECIFIED' ? 'LIVE' : policy,
    on_reversal: on_reversal === 'ON_REVERSAL_UNSPECIFIED' ? 'KEEP' : on_reversal,
    earned_by: earned_by === 'EARNED_BY_UNSPECIFIED' ? 'USER' : earned_by,
    rollout: rule.rollout ?? PER_100K,
    bucket_by: rule.bucket_by,
    distribution: rule.distribution,
  };
}

/** A flag's content as JSON: what fields hold trees hold their conditions, and each rule its key. */
export function contentAsJson(content: FlagContent): unknown {
  const rules = content.rules.map((rule) => ({ ...rule, conditions: jsonOfTree(rule.conditions) }));
  return { ...content, rules };
}

/** The value of a rule's field as it is compared and sent: conditions as their JSON. */
export function ruleValue(rule: DraftRule, field: RuleField): unknown {
  return field === 'conditions' ? jsonOfTree(rule.conditions) : rule[field];
}
