import type { CompiledConditions } from '../conditions/compile-conditions.js';
import type { FactSlots } from '../facts/fact-record.js';
import type { AnnouncedType } from '../flags/announcement.js';
import type { Action, Effect, Flag, Rule, Stage } from '../flags/flag.js';
import type { JsonObject, JsonValue } from '../values/json.js';

/** Flags, rules, segments and platform-wide role rows, compiled and immutable. A change makes a new one. */
export interface Snapshot {
  readonly revision: number;
  /** By key, archived ones too. */
  readonly flags: ReadonlyMap<string, CompiledFlag>;
  readonly flagsById: ReadonlyMap<string, CompiledFlag>;
  readonly segments: ReadonlyMap<string, JsonObject>;
  readonly segmentNames: ReadonlyMap<string, string>;
  readonly slots: FactSlots;
  /** In their order. */
  readonly stages: readonly Stage[];
  readonly stageNames: readonly string[];
  readonly actions: ReadonlyMap<string, Action>;
  /** Actions that some rule windows, with the longest window in days: their days are kept. */
  readonly windowedActions: ReadonlyMap<string, number>;
  /** Flags with a latching rule, not archived, each after all whose `unlocked` its rules read. */
  readonly latching: readonly CompiledFlag[];
  /** What some enabled webhook wants to hear of. */
  readonly announced: ReadonlySet<AnnouncedType>;
  /** Flags that could not be compiled; each keeps its last compiled form, or is off when it never had one. */
  readonly failures: readonly CompileFailure[];
}

export interface CompileFailure {
  readonly flagKey: string;
  readonly message: string;
}

export interface CompiledFlag {
  readonly flag: Flag;
  /** The segments that its rules were compiled with: older than the snapshot's where a newer form cannot be compiled. */
  readonly segments: ReadonlyMap<string, JsonObject>;
  readonly rules: readonly CompiledRule[];
  readonly ruleIds: ReadonlySet<string>;
  readonly variants: ReadonlyMap<string, JsonValue>;
  /** Active platform-wide rows by role. */
  readonly roleRows: ReadonlyMap<string, Effect>;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly conditions: CompiledConditions;
  /** The rule has no conditions: it answers ROLLOUT rather than RULE. */
  readonly unconditional: boolean;
}
