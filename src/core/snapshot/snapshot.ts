import type { CompiledConditions, CompiledSegments } from '../conditions/compile-conditions.js';
import type { FactSlots } from '../facts/fact-record.js';
import type { AnnouncedType } from '../flags/announcement.js';
import type { AccessRow, Action, Effect, Flag, Rule, Segment, Stage } from '../flags/flag.js';
import type { JsonObject, JsonValue } from '../values/json.js';
import type { LayeredMap } from '../values/layered-map.js';
import type { Dependencies } from './dependencies.js';
import type { FactReaders } from './fact-readers.js';

/** Flags, rules, segments and platform-wide role rows, compiled and immutable. A change makes a new one. */
export interface Snapshot {
  readonly revision: number;
  /** By key, in the order of keys; archived ones too. */
  readonly flags: LayeredMap<string, CompiledFlag>;
  readonly flagsById: LayeredMap<string, CompiledFlag>;
  readonly segments: ReadonlyMap<string, Segment>;
  /** Those that some flag's rules refer to. */
  readonly compiledSegments: CompiledSegments;
  readonly reading: FactReading;
  readonly slots: FactSlots;
  /** In their order. */
  readonly stages: readonly Stage[];
  readonly stageNames: readonly string[];
  readonly actions: ReadonlyMap<string, Action>;
  /** Actions that some rule windows, with the longest window in days: their days are kept. */
  readonly windowedActions: ReadonlyMap<string, number>;
  /** Flags with a latching rule, not archived, each after all whose `unlocked` its rules read. */
  readonly latching: readonly CompiledFlag[];
  /** Keys of the flags that people may know of, not archived, in their order. */
  readonly visible: readonly string[];
  /** When windows open and close, in that order; of flags that are not archived. */
  readonly windowEdges: readonly WindowEdge[];
  /** Who refers to whom, and who reads what. */
  readonly dependencies: Dependencies;
  readonly readers: FactReaders;
  /** What some enabled webhook wants to hear of. */
  readonly announced: ReadonlySet<AnnouncedType>;
  /** Flags that could not be compiled; each keeps its last compiled form, or is off when it never had one. By key. */
  readonly failures: readonly CompileFailure[];
}

/** Everything by which facts are read of a user: two snapshots with the same one read the same of everybody. */
export interface FactReading {
  readonly slots: FactSlots;
  readonly stageNames: readonly string[];
  /** The flags whose unlocks are read, by key; undefined for one that there is not. */
  readonly unlockable: ReadonlyMap<string, CompiledFlag | undefined>;
}

/** A flag's window opens, or closes. */
export interface WindowEdge {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly flagKey: string;
}

export interface CompileFailure {
  readonly flagKey: string;
  readonly message: string;
}

export interface CompiledFlag {
  /** As it is decided. */
  readonly flag: Flag;
  /** As it is stored: another one where that cannot be compiled. */
  readonly stored: Flag;
  /** The segments that its rules were compiled with: older than the snapshot's where a newer form cannot be compiled. */
  readonly segments: ReadonlyMap<string, JsonObject>;
  readonly rules: readonly CompiledRule[];
  readonly latchingRules: readonly CompiledRule[];
  readonly ruleIds: ReadonlySet<string>;
  /** Indexes of all slots that its rules read. */
  readonly slotsRead: ReadonlySet<number>;
  readonly variants: ReadonlyMap<string, JsonValue>;
  /** Its platform-wide rows, inactive ones too. */
  readonly roleAccess: readonly AccessRow[];
  /** The active ones by role. */
  readonly roleRows: ReadonlyMap<string, Effect>;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly conditions: CompiledConditions;
  /** The rule has no conditions: it answers ROLLOUT rather than RULE. */
  readonly unconditional: boolean;
}
