import type { Fault } from '../values/fault.js';
import { type JsonObject, quote } from '../values/json.js';
import { BUCKETING_VERSION } from './bucketing.js';
import {
  type BucketBy,
  type Flag,
  type FlagType,
  PER_100K,
  type RemovedRule,
  type Rule,
  type Variant,
  type WeightedVariant,
} from './flag.js';
import { faultsOfFlag } from './flag-faults.js';
import { sameMeaning } from './same-meaning.js';

/** What a caller may say of a rule; a rule without id is a new one. */
export interface RuleInput {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly conditions?: JsonObject | undefined;
  readonly policy?: string | undefined;
  readonly rolloutPer100k?: number | undefined;
  readonly bucketBy?: string | undefined;
  readonly distribution?: readonly WeightedVariant[] | undefined;
}

/** What a caller may say of a flag; what is left out stays as it is, or takes its default on creation. */
export interface FlagInput {
  /** '' is the key. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly active?: boolean | undefined;
  readonly isEnabledGlobally?: boolean | undefined;
  readonly type?: string | undefined;
  readonly variants?: readonly Variant[] | undefined;
  readonly offVariant?: string | undefined;
  readonly distribution?: readonly WeightedVariant[] | undefined;
  readonly rules?: readonly RuleInput[] | undefined;
  readonly prerequisites?: readonly { readonly flagKey: string; readonly variant?: string | undefined }[] | undefined;
  /** null clears it. */
  readonly startsAt?: number | null | undefined;
  readonly endsAt?: number | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly owner?: string | undefined;
  readonly delegated?: boolean | undefined;
  readonly clientVisible?: boolean | undefined;
  readonly archived?: boolean | undefined;
}

export interface ParseFlagOptions {
  readonly key: string;
  readonly input: FlagInput;
  /** The flag as it is; undefined on creation. */
  readonly existing: Flag | undefined;
  readonly now: number;
  /** Makes ids and salts; the core has no randomness of its own. */
  readonly newId: (prefix: 'flg' | 'rul' | 'slt') => string;
  /** Unlocks earned under older versions of changed rules, or by rules that are removed, no longer count. */
  readonly relock: boolean;
}

/**
 * Makes a flag from input, and nothing else can. Gives the flag, or every fault of its own shape; what spans flags
 * (segments, circles, facts in conditions) is checked by `validateFlag` against the configuration.
 */
export function parseFlag(options: ParseFlagOptions): { readonly flag: Flag; readonly faults: readonly Fault[] } {
  const { key, input, existing, now, newId } = options;
  const type = (input.type ?? existing?.type ?? 'BOOLEAN') as FlagType;
  const variants = input.variants ?? existing?.variants ?? [];
  const startsAt = input.startsAt === undefined ? existing?.startsAt : (input.startsAt ?? undefined);
  const endsAt = input.endsAt === undefined ? existing?.endsAt : (input.endsAt ?? undefined);
  const rules = input.rules === undefined ? (existing?.rules ?? []) : parseRules(input.rules, options);
  const removedRules = removedRulesOf(rules, options);
  const flag: Flag = {
    id: existing?.id ?? newId('flg'),
    key,
    name: (input.name ?? existing?.name) || key,
    description: input.description ?? existing?.description ?? '',
    active: input.active ?? existing?.active ?? true,
    isEnabledGlobally: input.isEnabledGlobally ?? existing?.isEnabledGlobally ?? false,
    type,
    variants: variants.length === 0 && type === 'BOOLEAN' ? BOOLEAN_VARIANTS : variants,
    offVariant: input.offVariant || existing?.offVariant || 'off',
    distribution: input.distribution ?? existing?.distribution ?? [],
    rules,
    ...(removedRules.length === 0 ? {} : { removedRules }),
    prerequisites: (input.prerequisites ?? existing?.prerequisites ?? []).map(({ flagKey, variant }) => ({
      flagKey,
      variant: variant ?? '',
    })),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    tags: [...new Set(input.tags ?? existing?.tags ?? [])],
    owner: input.owner ?? existing?.owner ?? '',
    delegated: input.delegated ?? existing?.delegated ?? false,
    clientVisible: input.clientVisible ?? existing?.clientVisible ?? true,
    archived: input.archived ?? existing?.archived ?? false,
    ...(existing?.hasRows && { hasRows: true }),
    version: (existing?.version ?? 0) + 1,
    salt: existing?.salt ?? newId('slt'),
    bucketing: existing?.bucketing ?? BUCKETING_VERSION,
    createdAt: existing?.createdAt ?? now,
    updatedAt: now,
  };
  return { flag, faults: [...unknownRules(options), ...faultsOfFlag(flag)] };
}

const BOOLEAN_VARIANTS: readonly Variant[] = [
  { key: 'on', value: true },
  { key: 'off', value: false },
];

function parseRules(inputs: readonly RuleInput[], { existing, newId, now, relock }: ParseFlagOptions): readonly Rule[] {
  return inputs.map((input) => {
    const old = input.id ? existing?.rules.find((rule) => rule.id === input.id) : undefined;
    const rule: Rule = {
      id: old?.id ?? newId('rul'),
      name: input.name ?? old?.name ?? '',
      conditions: input.conditions ?? old?.conditions ?? {},
      policy: (input.policy ?? old?.policy ?? 'LIVE') as Rule['policy'],
      rolloutPer100k: input.rolloutPer100k ?? old?.rolloutPer100k ?? PER_100K,
      bucketBy: (input.bucketBy || old?.bucketBy || 'user') as BucketBy,
      distribution: input.distribution ?? old?.distribution ?? [],
      version: old?.version ?? 1,
      ledgerFloor: old?.ledgerFloor ?? 0,
    };
    if (old === undefined) return { ...rule, changedAt: now };
    if (!changesMeaning(old, rule)) return old.changedAt === undefined ? rule : { ...rule, changedAt: old.changedAt };
    const version = old.version + 1;
    return { ...rule, version, ledgerFloor: relock ? version : old.ledgerFloor, changedAt: now };
  });
}

/** What RELOCK has forgotten of a rule stays forgotten without it; removed with RELOCK, none of its unlocks is kept. */
function removedRulesOf(rules: readonly Rule[], { existing, relock }: ParseFlagOptions): readonly RemovedRule[] {
  const kept = new Set(rules.map(({ id }) => id));
  const removed = (existing?.rules ?? []).filter(({ id }) => !kept.has(id));
  const floors = removed.map(({ id, version, ledgerFloor, policy }) => {
    const mayHaveLatched = policy === 'LATCHING' || version > 1;
    return { id, ledgerFloor: relock && mayHaveLatched ? version + 1 : ledgerFloor };
  });
  return [...(existing?.removedRules ?? []), ...floors.filter(({ ledgerFloor }) => ledgerFloor > 0)];
}

function unknownRules({ input, existing, key }: ParseFlagOptions): readonly Fault[] {
  return (input.rules ?? []).flatMap(({ id }, i) => {
    if (!id || existing?.rules.some((rule) => rule.id === id)) return [];
    const message = `the flag ${quote(key)} has no rule ${quote(id)}; leave the id out for a new rule`;
    return [{ pointer: `/rules/${i}/id`, message }];
  });
}

/** Whether who earns a rule changed: conditions, policy, what it is spread over, or the rollout. Renaming is not, a condition's label included. */
function changesMeaning(old: Rule, rule: Rule): boolean {
  return (
    old.policy !== rule.policy ||
    old.rolloutPer100k !== rule.rolloutPer100k ||
    old.bucketBy !== rule.bucketBy ||
    !sameMeaning(old.conditions, rule.conditions)
  );
}
