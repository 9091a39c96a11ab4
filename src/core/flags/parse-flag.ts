import type { Fault } from '../values/fault.js';
import { NEWEST_BUCKETING } from './distribution.js';
import type { Flag, FlagType, Variant, WeightedVariant } from './flag.js';
import { faultsOfFlag } from './flag-faults.js';
import { type ParseRulesOptions, parseRules, type RuleInput } from './parse-rules.js';

/** What a caller may say of a flag; what is left out stays as it is, or takes its default on creation. */
export interface FlagInput {
  /** The flag's name; '' for its key. */
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
  /** The version of the bucketing of distributions; null for the newest. */
  readonly bucketing?: number | null | undefined;
}

export interface ParseFlagOptions extends ParseRulesOptions {
  readonly input: FlagInput;
  /** Makes ids and salts; the core has no randomness of its own. */
  readonly newId: (prefix: 'flg' | 'rul' | 'slt') => string;
}

/**
 * Makes a flag from input; nothing else makes flags. Gives the flag and all faults that it has by itself. Faults in relation
 * to the rest of the configuration (segments, circles, facts in conditions) are found by `validateFlag`.
 */
export function parseFlag(options: ParseFlagOptions): { readonly flag: Flag; readonly faults: readonly Fault[] } {
  const { key, input, existing, now, newId } = options;
  const type = (input.type ?? existing?.type ?? 'BOOLEAN') as FlagType;
  const variants = input.variants ?? existing?.variants ?? [];
  const startsAt = input.startsAt === undefined ? existing?.startsAt : (input.startsAt ?? undefined);
  const endsAt = input.endsAt === undefined ? existing?.endsAt : (input.endsAt ?? undefined);
  const { rules, removedRules, faults: ruleFaults } = parseRules(input.rules, options);
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
    ...(existing?.unsettledSince !== undefined && { unsettledSince: existing.unsettledSince }),
    version: (existing?.version ?? 0) + 1,
    salt: existing?.salt ?? newId('slt'),
    bucketing:
      input.bucketing === undefined ? (existing?.bucketing ?? NEWEST_BUCKETING) : (input.bucketing ?? NEWEST_BUCKETING),
    createdAt: existing?.createdAt ?? now,
    updatedAt: now,
  };
  return { flag, faults: [...ruleFaults, ...faultsOfFlag(flag)] };
}

const BOOLEAN_VARIANTS: readonly Variant[] = [
  { key: 'on', value: true },
  { key: 'off', value: false },
];
