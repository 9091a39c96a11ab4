import { ConditionCompiler } from '../conditions/compile-conditions.js';
import type { FactSlots } from '../facts/fact-record.js';
import type { AccessRow, Effect, Flag } from '../flags/flag.js';
import type { JsonObject, JsonValue } from '../values/json.js';
import type { CompiledFlag } from './snapshot.js';

/** A flag as it is stored, and its platform-wide rows. */
export interface StoredFlag {
  readonly flag: Flag;
  readonly roleAccess: readonly AccessRow[];
}

/**
 * Compiles a flag. Throws where this version cannot.
 *
 * @param segments the conditions of every segment that its rules refer to, be it through others
 */
export function compileFlag(
  { flag, roleAccess }: StoredFlag,
  segments: ReadonlyMap<string, JsonObject>,
  compiler: ConditionCompiler,
): CompiledFlag {
  const rules = flag.rules.map((rule) => ({
    rule,
    conditions: compiler.compile(rule.conditions),
    unconditional: Object.keys(rule.conditions).length === 0,
  }));
  return {
    flag,
    stored: flag,
    segments,
    rules,
    latchingRules: rules.filter(({ rule }) => rule.policy === 'LATCHING'),
    ruleIds: new Set(flag.rules.map(({ id }) => id)),
    slotsRead: new Set(rules.flatMap(({ conditions }) => [...conditions.slotsRead])),
    variants: new Map<string, JsonValue>(flag.variants.map(({ key, value }) => [key, value])),
    roleAccess,
    roleRows: activeByRole(roleAccess),
  };
}

/**
 * What a flag is decided by that cannot be compiled: its last form, or nothing but that it is off. Switching it off or
 * archiving it needs no compiling and holds for the last form too.
 */
export function keptForm(
  { flag, roleAccess }: StoredFlag,
  last: CompiledFlag | undefined,
  slots: FactSlots,
): CompiledFlag {
  const segments = last?.segments ?? new Map<string, JsonObject>();
  const form =
    last === undefined
      ? { ...flag, active: false, rules: [] }
      : {
          ...last.flag,
          active: last.flag.active && flag.active,
          archived: last.flag.archived || flag.archived,
          ...marksOf(flag),
        };
  const compiler = new ConditionCompiler(slots, segments);
  return { ...compileFlag({ flag: form, roleAccess }, segments, compiler), stored: flag };
}

/** Marks are no part of a flag's form. */
function marksOf({ hasRows, unsettled }: Flag): Pick<Flag, 'hasRows' | 'unsettled'> {
  return { ...(hasRows && { hasRows }), ...(unsettled && { unsettled }) };
}

const NO_ROWS: ReadonlyMap<string, Effect> = new Map<string, Effect>();

function activeByRole(rows: readonly AccessRow[]): ReadonlyMap<string, Effect> {
  if (rows.length === 0) return NO_ROWS;
  return new Map(rows.flatMap(({ enabled, role, effect }) => (enabled ? [[role, effect]] : [])));
}
