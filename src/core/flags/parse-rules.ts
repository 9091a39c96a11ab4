import type { Fault } from '../values/fault.js';
import { type JsonObject, quote } from '../values/json.js';
import {
  type BucketBy,
  type EarnedBy,
  type Flag,
  type OnReversal,
  PER_100K,
  type RemovedRule,
  type Rule,
  type WeightedVariant,
} from './flag.js';
import { matchRules, type RuleMatch } from './match-rules.js';
import { ruleMeaning } from './same-meaning.js';

/** What a caller may say of a rule. */
export interface RuleInput {
  /** The rule's id; undefined or '' for none. See `matchRules`. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly conditions?: JsonObject | undefined;
  readonly policy?: string | undefined;
  readonly onReversal?: string | undefined;
  readonly earnedBy?: string | undefined;
  readonly rolloutPer100k?: number | undefined;
  readonly bucketBy?: string | undefined;
  readonly distribution?: readonly WeightedVariant[] | undefined;
}

export interface ParseRulesOptions {
  readonly key: string;
  /** The flag as it is; undefined on creation. */
  readonly existing: Flag | undefined;
  readonly now: number;
  /** Makes ids; the core has no randomness of its own. */
  readonly newId: (prefix: 'rul') => string;
  /** Whether unlocks of removed rules, and of changed rules under their older versions, no longer count. */
  readonly relock: boolean;
}

export interface ParsedRules {
  readonly rules: readonly Rule[];
  readonly removedRules: readonly RemovedRule[];
  /** A fault for each id that looks as if the server had made it, but that no rule of the flag has or had. */
  readonly faults: readonly Fault[];
}

/** A rule as a caller wrote it, with what it leaves out filled in. */
type WrittenRule = Omit<Rule, 'version' | 'ledgerFloor' | 'changedAt'>;
type Otherwise = Omit<WrittenRule, 'id'>;

/** What a new rule has where its caller leaves something out. */
const RULE_DEFAULTS: Omit<WrittenRule, 'id'> = {
  name: '',
  conditions: {},
  policy: 'LIVE',
  earnedBy: 'USER',
  rolloutPer100k: PER_100K,
  bucketBy: 'user',
  distribution: [],
};

/** {@link RULE_DEFAULTS} of a rule by who earns it: what an organization earns it earns for all of its members. */
export function ruleDefaults(earnedBy: string | undefined): Omit<WrittenRule, 'id'> {
  return earnedBy === 'ORGANIZATION' ? { ...RULE_DEFAULTS, earnedBy, bucketBy: 'organization' } : RULE_DEFAULTS;
}

/** The beginning of the ids that the server makes. */
const SERVERS_RULE_ID = 'rul_';

/**
 * Makes a flag's rules from input; undefined leaves them as they are. Of rules that the flag no longer has, it keeps what a
 * rule of that id would continue. A rule that the caller names by its id keeps what the input leaves out; any other rule has
 * the default there, so that its content does not depend on which rule it was matched with.
 */
export function parseRules(inputs: readonly RuleInput[] | undefined, options: ParseRulesOptions): ParsedRules {
  const { existing } = options;
  if (inputs === undefined) {
    return { rules: existing?.rules ?? [], removedRules: existing?.removedRules ?? [], faults: [] };
  }
  const present = existing ?? { rules: [] };
  const named = new Map(present.rules.map((rule) => [rule.id, rule]));
  const written = inputs.map((input) => filled(input, named.get(input.id ?? '') ?? RULE_DEFAULTS));
  const matches = matchRules(written, present);
  const rules = matches.map((match, i) => ruleOf(written[i]!, match, options));
  const faults = [...unknownIds(inputs, matches, options), ...otherEarners(written, matches)];
  return { rules, removedRules: removedRules(rules, options), faults };
}

function filled(input: RuleInput, otherwise: Otherwise): WrittenRule {
  const onReversal = (input.onReversal ?? otherwise.onReversal ?? 'KEEP') as OnReversal;
  const earnedBy = (input.earnedBy || otherwise.earnedBy) as EarnedBy;
  const bucketBy = earnedBy === 'ORGANIZATION' ? 'organization' : otherwise.bucketBy;
  return {
    id: input.id ?? '',
    name: input.name ?? otherwise.name,
    conditions: input.conditions ?? otherwise.conditions,
    policy: (input.policy ?? otherwise.policy) as Rule['policy'],
    earnedBy,
    rolloutPer100k: input.rolloutPer100k ?? otherwise.rolloutPer100k,
    bucketBy: (input.bucketBy || bucketBy) as BucketBy,
    distribution: input.distribution ?? otherwise.distribution,
    ...(onReversal === 'KEEP' ? {} : { onReversal }),
  };
}

function ruleOf(written: WrittenRule, match: RuleMatch, { now, newId, relock }: ParseRulesOptions): Rule {
  if (match.kind === 'new') {
    return { ...written, id: written.id || newId('rul'), version: 1, ledgerFloor: 0, changedAt: now };
  }
  const { id, version, ledgerFloor } = match.rule;
  const same = match.kind !== 'removed' && ruleMeaning(match.rule) === ruleMeaning(written);
  if (same) {
    const { changedAt } = match.rule;
    return { ...written, id, version, ledgerFloor, ...(changedAt === undefined ? {} : { changedAt }) };
  }
  const next = version + 1;
  return { ...written, id, version: next, ledgerFloor: relock ? next : ledgerFloor, changedAt: now };
}

/** The removed rules with their floors: what RELOCK made void stays void, and a rule that is removed with RELOCK keeps none. */
function removedRules(rules: readonly Rule[], { existing, relock }: ParseRulesOptions): readonly RemovedRule[] {
  const kept = new Set(rules.map(({ id }) => id));
  const removed = (existing?.rules ?? []).map(({ id, version, ledgerFloor, policy, earnedBy }) => {
    const mayHaveLatched = policy === 'LATCHING' || version > 1;
    const floor = relock && mayHaveLatched ? version + 1 : ledgerFloor;
    return { id, version, ledgerFloor: floor, ...(earnedBy === 'ORGANIZATION' ? { earnedBy } : {}) };
  });
  return forgetMany([...(existing?.removedRules ?? []), ...removed].filter(({ id }) => !kept.has(id)));
}

const MAX_REMOVED = 200;

/**
 * Keeps the list of removed rules from growing without end. Where there are too many, the oldest are dropped of those that do
 * not matter: rules with ids that only the server makes, of which RELOCK has made nothing void.
 */
function forgetMany(removed: readonly RemovedRule[]): readonly RemovedRule[] {
  let excess = removed.length - MAX_REMOVED;
  if (excess <= 0) return removed;
  return removed.filter(({ id, ledgerFloor }) => {
    const forgotten = excess > 0 && ledgerFloor === 0 && id.startsWith(SERVERS_RULE_ID);
    if (forgotten) excess--;
    return !forgotten;
  });
}

function unknownIds(
  inputs: readonly RuleInput[],
  matches: readonly RuleMatch[],
  { key }: ParseRulesOptions,
): readonly Fault[] {
  return inputs.flatMap(({ id = '' }, i) => {
    if (matches[i]!.kind !== 'new' || !id.startsWith(SERVERS_RULE_ID)) return [];
    const message = `the flag ${quote(key)} has no rule ${quote(id)}; leave the id out for a new rule, or choose one that does not begin with ${quote(SERVERS_RULE_ID)}`;
    return [{ pointer: `/rules/${i}/id`, message }];
  });
}

/** A fault for each rule that is named by its id and had another earner: what is in ledgers of the one says nothing of the other. */
function otherEarners(written: readonly WrittenRule[], matches: readonly RuleMatch[]): readonly Fault[] {
  return matches.flatMap((match, i) => {
    if (match.kind !== 'named' && match.kind !== 'removed') return [];
    const { id, earnedBy = 'USER' } = match.rule;
    if (written[i]!.earnedBy === earnedBy) return [];
    const message = `the rule ${quote(id)} is earned by ${earnedBy}, which never changes; leave the id out, and it is a new rule`;
    return [{ pointer: `/rules/${i}/earned_by`, message }];
  });
}
