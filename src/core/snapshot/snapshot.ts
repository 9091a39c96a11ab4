import type { CompiledConditions, CompiledSegments } from '../conditions/compiling/compile-conditions.js';
import type { UsageReading } from '../conditions/compiling/usage.js';
import type { Derivations } from '../counting/derivations.js';
import type { FactSlots } from '../facts/fact-record.js';
import type { AnnouncedType } from '../flags/announcement.js';
import type { RolloutSalt } from '../flags/bucketing.js';
import type { CompiledDistribution } from '../flags/distribution.js';
import type { AccessRow, Action, BucketBy, Effect, Flag, Rule, Segment, Stage } from '../flags/flag.js';
import type { StreakKind } from '../states/streaks.js';
import type { ActionNames } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import type { Dependencies } from './dependencies.js';
import type { FactReaders } from './fact-readers.js';
import type { LayeredMap } from './layered-map.js';
import type { NamesByKey } from './names-by-key.js';

/** A whole configuration, compiled. It never changes: a change of the configuration makes another one. */
export interface Snapshot {
  readonly revision: number;
  /** The flags by key, in the order of keys, archived ones included. */
  readonly flags: LayeredMap<string, CompiledFlag>;
  readonly flagsById: LayeredMap<string, CompiledFlag>;
  readonly segments: ReadonlyMap<string, Segment>;
  /** The segments that rules refer to, compiled. */
  readonly compiledSegments: CompiledSegments;
  readonly reading: FactReading;
  readonly slots: FactSlots;
  /** The stages, in their order. */
  readonly stages: readonly Stage[];
  readonly stageNames: readonly string[];
  readonly actions: ReadonlyMap<string, Action>;
  /** The time zone of users for whom neither they nor their organization have one. */
  readonly timeZone: string;
  /** The paths of the attributes that users are found by, in the order in which these are looked through. */
  readonly searchAttributes: readonly string[];
  /** Those of the actions that are derived, compiled: the same object as before where these are the same. */
  readonly derivations: Derivations;
  /** The actions that rules read within windows, with the longest window in days: their days are read with a user's state. */
  readonly windowedActions: ReadonlyMap<string, number>;
  /** The kinds of streaks that rules read, by action. */
  readonly streaks: ReadonlyMap<string, readonly StreakKind[]>;
  /** The flags with a latching rule that are not archived, each after those whose unlocks its rules read. */
  readonly latching: readonly CompiledFlag[];
  /** By what organizations are counted and judged; undefined where no rule reads anything that an organization has done. */
  readonly organizationEarners: OrganizationEarners | undefined;
  /** The keys of the flags that people may know of and that are not archived, in their order. */
  readonly visible: readonly string[];
  /** When the windows of flags that are not archived open and close, in order. */
  readonly windowEdges: readonly WindowEdge[];
  /** Which flags refer to which. */
  readonly dependencies: Dependencies;
  readonly readers: FactReaders;
  /** The keys of the flags of each kind. */
  readonly kinds: NamesByKey<FlagKind>;
  /** The types of events that some enabled webhook wants. */
  readonly announced: ReadonlySet<AnnouncedType>;
  /** The flags that could not be compiled, by key. Each keeps its last compiled form, or is off if it never had one. */
  readonly failures: readonly CompileFailure[];
}

/** What a configuration says of organizations that earn. */
export interface OrganizationEarners {
  /**
   * The configuration as organizations are counted and judged by it, in place of the whole one: of each flag that has, or had, rules
   * that organizations earn, these alone. Its windowed and derived actions include those that users' rules read of their organization.
   */
  readonly judging: Snapshot;
  /** The actions whose events count for organizations: those that are read of them, and those that these are derived from. */
  readonly actions: ReadonlySet<string>;
}

/** The actions whose days are read of organizations as earners; undefined where nothing reads what they have earned. */
export function earnerDaysOf({ organizationEarners }: Pick<Snapshot, 'organizationEarners'>): ActionNames | undefined {
  return organizationEarners?.judging.windowedActions;
}

/** All by which facts are read of a user: two snapshots that share it read the same facts of everybody. */
export interface FactReading {
  readonly slots: FactSlots;
  readonly stageNames: readonly string[];
  readonly timeZone: string;
  /** The flags whose unlocks are read, by key; undefined for a flag that does not exist. */
  readonly unlockable: ReadonlyMap<string, CompiledFlag | undefined>;
}

/** The instant at which a flag's window opens or closes. */
export interface WindowEdge {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly flagKey: string;
}

export interface CompileFailure {
  readonly flagKey: string;
  readonly message: string;
}

/**
 * What can matter about a flag beside the facts that it reads; nothing of an archived one. `time`: its window, or a fact that
 * time moves; `role rows`: it has active access rows for roles on the whole platform; `unsettled`: not all users have been judged
 * by its rules yet; `organizations`: it has, or had, a rule that organizations earn; `spread over`: what the rollout of a rule is
 * spread over, where that is not the user.
 */
export type FlagKind = 'time' | 'role rows' | 'unsettled' | 'organizations' | `spread over ${BucketBy}`;

/** A decision that is the same for everybody whom it concerns, at any time: it is made once, and frozen. */
export interface MadeAnswer {
  readonly reason: string;
  readonly variant: string;
}

/** What keeps such decisions as they come up. */
export interface MakesAnswers {
  /** The one that was asked for last. */
  lastAnswer: MadeAnswer | undefined;
  answers: readonly MadeAnswer[];
}

/** A flag, with the answers that none of its rules gives. */
export interface CompiledFlag extends MakesAnswers {
  /** The flag by which decisions are made. */
  readonly flag: Flag;
  /** The flag as it is stored: another one than `flag` only where it cannot be compiled. */
  readonly stored: Flag;
  /** The segments that its rules were compiled with, which are older than the snapshot's where the flag cannot be compiled. */
  readonly segments: ReadonlyMap<string, JsonObject>;
  readonly rules: readonly CompiledRule[];
  /** Those that users earn. */
  readonly latchingRules: readonly CompiledRule[];
  /** Its form in {@link OrganizationEarners.judging}; undefined where organizations earn, and earned, none of its rules. */
  readonly organizations: CompiledFlag | undefined;
  /** The indexes of all slots that its rules read. */
  readonly slotsRead: ReadonlySet<number>;
  readonly kinds: ReadonlySet<FlagKind>;
  /** How an on decision chooses its variant where its rule does not; undefined for the variant `on`. */
  readonly distribution: CompiledDistribution | undefined;
  /** Its access rows for roles on the whole platform, inactive ones included. */
  readonly roleAccess: readonly AccessRow[];
  /** The effects of the active ones, by role. */
  readonly roleRows: ReadonlyMap<string, Effect>;
  readonly salt: RolloutSalt;
  /**
   * Whether nothing comes before its rules but access rows: no switch, window or prerequisite, and no organization's own rows. Nor does
   * an organization earn any of them.
   */
  readonly open: boolean;
  /** Whether any of its rules tells what is left of it. */
  readonly tellsUsage: boolean;
  /** The first of its rules; each leads to the next. */
  readonly firstRule: CompiledRule | undefined;
}

/** A rule, with the answers that it gives. */
export interface CompiledRule extends MakesAnswers {
  readonly rule: Rule;
  /** What every decision reads of the rule, here so that it need not go there. */
  readonly bucketBy: BucketBy;
  readonly rolloutPer100k: number;
  readonly test: CompiledConditions['test'];
  readonly readsTime: boolean;
  /** Whether it is the user's organization by whose facts and ledger it holds, in another snapshot's slots. */
  readonly byOrganization: boolean;
  readonly conditions: CompiledConditions;
  /** What is left of it while it holds; undefined for a rule that bounds nothing from above, or latches. */
  readonly usage: UsageReading | undefined;
  /** Whether the rule has no conditions, so that its reason is ROLLOUT and not RULE. */
  readonly unconditional: boolean;
  /** How the rule chooses its variant; undefined for the flag's way. */
  readonly distribution: CompiledDistribution | undefined;
  /** The flag's next rule. */
  readonly next: CompiledRule | undefined;
}
