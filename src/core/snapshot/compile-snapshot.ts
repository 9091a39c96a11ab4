import { compileConditions } from '../conditions/compile-conditions.js';
import { FactSlots } from '../facts/fact-record.js';
import type { AccessRow, Configuration, Effect, Flag } from '../flags/flag.js';
import type { JsonObject, JsonValue } from '../values/json.js';
import type { CompiledFlag, CompileFailure, Snapshot } from './snapshot.js';

/** Before the first configuration is loaded. */
export const EMPTY_CONFIGURATION: Configuration = {
  revision: -1,
  flags: [],
  segments: [],
  stages: [],
  actions: [],
  roleAccess: [],
};

/**
 * Compiles a configuration; never fails. A flag that this version cannot compile keeps the form it had in `previous`, or
 * is switched off when it had none, and is named among the failures. Switching it off or archiving it needs no compiling
 * and holds for the kept form too.
 */
export function compileSnapshot(configuration: Configuration, previous?: Snapshot): Snapshot {
  const slots = new FactSlots();
  const segments = new Map(configuration.segments.map((segment) => [segment.key, segment.conditions]));
  const roleRows = groupRoleRows(configuration.roleAccess);
  const failures: CompileFailure[] = [];
  const compile = (flag: Flag, from: ReadonlyMap<string, JsonObject>): CompiledFlag =>
    compileFlag(flag, slots, from, roleRows.get(flag.id) ?? NO_ROWS);

  const compiled = configuration.flags.map((flag) => {
    try {
      return compile(flag, segments);
    } catch (error) {
      failures.push({ flagKey: flag.key, message: error instanceof Error ? error.message : String(error) });
      const last = previous?.flagsById.get(flag.id);
      if (last === undefined) return compile({ ...flag, active: false, rules: [] }, segments);
      const active = last.flag.active && flag.active;
      return compile({ ...last.flag, active, archived: last.flag.archived || flag.archived }, last.segments);
    }
  });

  const flags = new Map(compiled.map((entry) => [entry.flag.key, entry]));
  return {
    revision: configuration.revision,
    flags,
    flagsById: new Map(compiled.map((entry) => [entry.flag.id, entry])),
    segments,
    segmentNames: new Map(configuration.segments.map(({ key, name }) => [key, name])),
    slots,
    stages: configuration.stages,
    stageNames: configuration.stages.map(({ name }) => name),
    actions: new Map(configuration.actions.map((action) => [action.name, action])),
    windowedActions: windowedActions(slots),
    latching: latchOrder(compiled, flags, slots),
    announced: new Set(configuration.announced),
    failures,
  };
}

const NO_ROWS: ReadonlyMap<string, Effect> = new Map<string, Effect>();

function groupRoleRows(rows: readonly AccessRow[]): Map<string, Map<string, Effect>> {
  const byFlag = new Map<string, Map<string, Effect>>();
  for (const row of rows) {
    if (!row.enabled) continue;
    const effects = byFlag.get(row.flagId) ?? new Map<string, Effect>();
    byFlag.set(row.flagId, effects.set(row.role, row.effect));
  }
  return byFlag;
}

function compileFlag(
  flag: Flag,
  slots: FactSlots,
  segments: ReadonlyMap<string, JsonObject>,
  roleRows: ReadonlyMap<string, Effect>,
): CompiledFlag {
  const rules = flag.rules.map((rule) => ({
    rule,
    conditions: compileConditions(rule.conditions, slots, segments),
    unconditional: Object.keys(rule.conditions).length === 0,
  }));
  return {
    flag,
    segments,
    rules,
    ruleIds: new Set(flag.rules.map(({ id }) => id)),
    variants: new Map<string, JsonValue>(flag.variants.map(({ key, value }) => [key, value])),
    roleRows,
  };
}

function windowedActions(slots: FactSlots): Map<string, number> {
  const longest = new Map<string, number>();
  for (let index = 0; index < slots.size; index++) {
    const { action, windowDays } = slots.at(index).params;
    if (typeof action !== 'string' || typeof windowDays !== 'number') continue;
    longest.set(action, Math.max(longest.get(action) ?? 0, windowDays));
  }
  return longest;
}

/** Depth first along `unlocked`: a flag comes after all that it reads. Validation keeps circles out. */
function latchOrder(
  compiled: readonly CompiledFlag[],
  flags: ReadonlyMap<string, CompiledFlag>,
  slots: FactSlots,
): readonly CompiledFlag[] {
  const order: CompiledFlag[] = [];
  const seen = new Set<CompiledFlag>();
  const visit = (entry: CompiledFlag): void => {
    if (seen.has(entry)) return;
    seen.add(entry);
    for (const key of unlockedFlagsOf(entry, slots)) {
      const other = flags.get(key);
      if (other !== undefined) visit(other);
    }
    const latches = entry.rules.some(({ rule }) => rule.policy === 'LATCHING');
    if (latches && !entry.flag.archived) order.push(entry);
  };
  for (const entry of compiled) visit(entry);
  return order;
}

function unlockedFlagsOf(entry: CompiledFlag, slots: FactSlots): readonly string[] {
  const keys: string[] = [];
  for (const { conditions } of entry.rules) {
    for (const index of conditions.slotsRead) {
      const slot = slots.at(index);
      if (slot.definition.name === 'unlocked') keys.push(String(slot.params.flag));
    }
  }
  return keys;
}
