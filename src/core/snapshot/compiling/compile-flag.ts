import { ConditionCompiler } from '../../conditions/compiling/compile-conditions.js';
import type { FactSlots } from '../../facts/fact-record.js';
import { rolloutSalt } from '../../flags/bucketing.js';
import { compileDistribution } from '../../flags/distribution.js';
import type { AccessRow, Effect, Flag, Rule } from '../../flags/flag.js';
import type { JsonObject } from '../../values/json.js';
import type { CompiledFlag, CompiledRule, FlagKind } from '../snapshot.js';

/** A flag as it is stored, with its access rows for roles on the whole platform. */
export interface StoredFlag {
  readonly flag: Flag;
  readonly roleAccess: readonly AccessRow[];
}

/**
 * Compiles a flag. Throws for a flag that this release cannot compile.
 *
 * @param segments the conditions of all segments that the flag's rules refer to, also by way of other segments
 * @param organizations the flag as organizations are judged by it, where they earn rules of it
 */
export function compileFlag(
  { flag, roleAccess }: StoredFlag,
  segments: ReadonlyMap<string, JsonObject>,
  compiler: ConditionCompiler,
  organizations?: CompiledFlag,
): CompiledFlag {
  // What every decision reads comes first: the fewer lines of the processor's caches that it is spread over, the better.
  const rules: CompiledRule[] = [];
  for (const rule of flag.rules.toReversed()) {
    const byOrganization = organizations !== undefined && rule.earnedBy === 'ORGANIZATION';
    const conditions = byOrganization ? formOfRule(rule, organizations)!.conditions : compiler.compile(rule.conditions);
    rules.unshift({
      rolloutPer100k: rule.rolloutPer100k,
      bucketBy: rule.bucketBy,
      test: conditions.test,
      readsTime: conditions.readsTime,
      byOrganization,
      lastAnswer: undefined,
      next: rules[0],
      usage: rule.policy === 'LIVE' ? conditions.usage : undefined,
      distribution: compileDistribution(rule.distribution, flag.bucketing),
      unconditional: Object.keys(rule.conditions).length === 0,
      answers: NO_ANSWERS,
      conditions,
      rule,
    });
  }
  const roleRows = activeByRole(roleAccess);
  return {
    open: isOpen(flag) && organizations === undefined,
    roleRows,
    firstRule: rules[0],
    salt: rolloutSalt(flag.salt),
    lastAnswer: undefined,
    answers: NO_ANSWERS,
    flag,
    rules,
    distribution: compileDistribution(flag.distribution, flag.bucketing),
    stored: flag,
    segments,
    latchingRules: rules.filter(({ rule, byOrganization }) => rule.policy === 'LATCHING' && !byOrganization),
    organizations,
    tellsUsage: rules.some(({ usage }) => usage !== undefined),
    slotsRead: slotsReadBy(rules),
    roleAccess,
    kinds: kindsOf(flag, rules, roleRows, organizations),
  };
}

/** A rule as organizations are judged by it; undefined where it cannot be compiled and never could. */
function formOfRule({ id }: Rule, organizations: CompiledFlag | undefined): CompiledRule | undefined {
  return organizations?.rules.find(({ rule }) => rule.id === id);
}

function isOpen({ archived, active, startsAt, endsAt, prerequisites, delegated, isEnabledGlobally }: Flag): boolean {
  const windowless = startsAt === undefined && endsAt === undefined;
  return active && windowless && prerequisites.length === 0 && !archived && !delegated && !isEnabledGlobally;
}

/** Those of one rule are what other flags have, too, if they read the same. */
function slotsReadBy(all: readonly CompiledRule[]): ReadonlySet<number> {
  const rules = all.filter(({ byOrganization }) => !byOrganization);
  const [first] = rules;
  if (first !== undefined && rules.length === 1) return first.conditions.slotsRead;
  return new Set(rules.flatMap(({ conditions }) => [...conditions.slotsRead]));
}

function kindsOf(
  { archived, startsAt, endsAt, unsettledSince }: Flag,
  rules: readonly CompiledRule[],
  roleRows: ReadonlyMap<string, Effect>,
  organizations: CompiledFlag | undefined,
): ReadonlySet<FlagKind> {
  if (archived) return NO_KINDS;
  const kinds: FlagKind[] = [];
  if (startsAt !== undefined || endsAt !== undefined || rules.some(({ readsTime }) => readsTime)) kinds.push('time');
  if (roleRows.size > 0) kinds.push('role rows');
  if (unsettledSince !== undefined) kinds.push('unsettled');
  if (organizations !== undefined) kinds.push('organizations');
  for (const { bucketBy } of rules) if (bucketBy !== 'user') kinds.push(`spread over ${bucketBy}`);
  if (kinds.length === 0) return NO_KINDS;
  return kinds.length === 1 && kinds[0] === 'time' ? TIME_ALONE : new Set(kinds);
}

/**
 * The form by which a flag is decided that cannot be compiled: its last compiled form or, if it has none, a flag that is off. A
 * flag that was switched off or archived since is off in its last form, too, which needs no compiling; and one that has lost its
 * key to another is not decided under it.
 */
export function keptForm(
  { flag, roleAccess }: StoredFlag,
  last: CompiledFlag | undefined,
  slots: FactSlots,
  organizations?: CompiledFlag,
): CompiledFlag {
  const segments = last?.segments ?? new Map<string, JsonObject>();
  const form =
    last === undefined
      ? { ...flag, active: false, rules: [], distribution: [] }
      : {
          ...last.flag,
          active: last.flag.active && flag.active,
          archived: last.flag.archived || flag.archived,
          key: flag.key,
          rules: last.flag.rules.filter(
            (rule) =>
              last.organizations === undefined || rule.earnedBy !== 'ORGANIZATION' || formOfRule(rule, organizations),
          ),
          ...marksOf(flag),
        };
  const compiler = new ConditionCompiler(slots, segments);
  return { ...compileFlag({ flag: form, roleAccess }, segments, compiler, organizations), stored: flag };
}

/** The marks of a flag, which are always those that are stored. */
function marksOf({ hasRows, unsettledSince }: Flag): Pick<Flag, 'hasRows' | 'unsettledSince'> {
  return { ...(hasRows && { hasRows }), ...(unsettledSince !== undefined && { unsettledSince }) };
}

// Very many flags have these in common.
const NO_KINDS: ReadonlySet<FlagKind> = new Set<FlagKind>();
const TIME_ALONE: ReadonlySet<FlagKind> = new Set<FlagKind>(['time']);
const NO_ANSWERS: CompiledFlag['answers'] = [];
const NO_ROWS: ReadonlyMap<string, Effect> = new Map<string, Effect>();

function activeByRole(rows: readonly AccessRow[]): ReadonlyMap<string, Effect> {
  if (rows.length === 0) return NO_ROWS;
  return new Map(rows.flatMap(({ enabled, role, effect }) => (enabled ? [[role, effect]] : [])));
}
