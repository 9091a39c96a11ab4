import type { JsonObject, JsonValue } from '../values/json.js';
import type { AnnouncedType } from './announcement.js';

/** A share of users or of weight is counted in 100,000ths: 50 % is 50_000. */
export const PER_100K = 100_000;

/** How long a chain of prerequisites may be: a flag that requires one that requires one, … */
export const MAX_PREREQUISITE_DEPTH = 32;

export type FlagType = 'BOOLEAN' | 'STRING' | 'NUMBER' | 'JSON';

/** A `LIVE` rule is true while its conditions hold. A `LATCHING` rule stays true once it was, which the ledger records. */
export type RulePolicy = 'LIVE' | 'LATCHING';

/** Who earns a rule: each user for themselves, or an organization for all of its members. */
export type EarnedBy = 'USER' | 'ORGANIZATION';

export interface Variant {
  readonly key: string;
  readonly value: JsonValue;
}

/** What becomes of an unlock when an event is taken back without which its rule does not hold: it stays, or is taken. */
export type OnReversal = 'KEEP' | 'RELOCK';

/** One share of a distribution; weights are relative to their sum. */
export interface WeightedVariant {
  readonly variant: string;
  readonly weight: number;
}

/** Another flag that must be on for the user; with a `variant` (not empty), on with that variant. */
export interface Prerequisite {
  readonly flagKey: string;
  readonly variant: string;
}

/** What a rollout or a distribution is spread over: `user`, `organization`, or `attribute:NAME`. */
export type BucketBy = 'user' | 'organization' | `attribute:${string}`;

/** An ordered entry of a flag: conditions + rollout + what it serves + whether it latches. */
export interface Rule {
  /** The rule's name for good, unique within the flag: `rul_…` made by the server, or chosen by whoever made the rule. */
  readonly id: string;
  readonly name: string;
  /** json-rules-engine's JSON; `{}` is everyone. */
  readonly conditions: JsonObject;
  readonly policy: RulePolicy;
  /** Of a latching rule; absent: KEEP. */
  readonly onReversal?: 'RELOCK';
  /** By an organization's own counters and ledger where the organization earns it; a user in none has not. */
  readonly earnedBy: EarnedBy;
  /** 0…100_000: the share of buckets for which the rule may hold. */
  readonly rolloutPer100k: number;
  readonly bucketBy: BucketBy;
  /** The rule's own distribution; empty for the flag's. */
  readonly distribution: readonly WeightedVariant[];
  /** Grows with each change of what the rule means; 1 at creation. */
  readonly version: number;
  /** Unlocks earned under a version below this one no longer count (RELOCK raises it). */
  readonly ledgerFloor: number;
  /** When the rule's meaning last changed, in epoch milliseconds; absent where an earlier release stored the rule. */
  readonly changedAt?: number;
}

/** A rule that the flag no longer has. A rule that is made under the same id continues its version and its floor. */
export interface RemovedRule {
  readonly id: string;
  /** The last version that the rule had. */
  readonly version: number;
  /** Unlocks of the rule that were earned under a version below this one do not count. */
  readonly ledgerFloor: number;
  /** Who earned it; left out for users. */
  readonly earnedBy?: EarnedBy;
}

/** A feature and the whole policy of who gets it. Made only by `parseFlag`, so every field is trusted here. */
export interface Flag {
  /** `flg_…`; never looks like a key. */
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly active: boolean;
  readonly isEnabledGlobally: boolean;
  readonly type: FlagType;
  readonly variants: readonly Variant[];
  readonly offVariant: string;
  readonly distribution: readonly WeightedVariant[];
  readonly rules: readonly Rule[];
  readonly removedRules?: readonly RemovedRule[];
  readonly prerequisites: readonly Prerequisite[];
  /** Epoch milliseconds; the window is half-open: starts_at <= now < ends_at. */
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly tags: readonly string[];
  readonly owner: string;
  /** Whether organizations may put access rows of their own. */
  readonly delegated: boolean;
  /** Whether people see the flag at all. */
  readonly clientVisible: boolean;
  readonly archived: boolean;
  /**
   * Whether a user or an organization has an access row for it, or had one a while ago. Then it cannot be decided without
   * stored state, even if it is enabled globally. It is set with the first row, which makes no new version of the flag.
   */
  readonly hasRows?: true;
  /**
   * Not everybody has been judged by its rules as they are: a backfill of it was cancelled or failed for somebody, or a server
   * could not compile it. Until one has come to its end, every write judges its user by it, whatever else it touches. The mark
   * is the configuration's revision at which this was noted last: a backfill that began before it says nothing about it.
   */
  readonly unsettledSince?: number;
  /** Grows by one with each change; 1 at creation. */
  readonly version: number;
  /** Seeds the buckets; set at creation and never changed. */
  readonly salt: string;
  /** The version of the algorithm by which distributions choose; see `distribution.ts`. */
  readonly bucketing: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The ledger floor of a rule, one that was removed included: unlocks under a version below it no longer count. */
export function ledgerFloorOf({ rules, removedRules }: Pick<Flag, 'rules' | 'removedRules'>, ruleId: string): number {
  const same = ({ id }: RemovedRule): boolean => id === ruleId;
  return (rules.find(same) ?? removedRules?.find(same))?.ledgerFloor ?? 0;
}

export type Effect = 'ALLOW' | 'DENY';

/**
 * A static grant or denial for a user, a role, an organization, or a role within an organization; members that it does not
 * name are ''. `managedBy` is the organization that put it, '' for the platform. Its key is all members except effect and
 * enabled.
 */
export interface AccessRow {
  readonly flagId: string;
  readonly userId: string;
  readonly role: string;
  readonly organizationId: string;
  readonly managedBy: string;
  readonly effect: Effect;
  /** Whether the row decides anything. A row that does not is kept all the same. */
  readonly enabled: boolean;
}

/** A named condition that rules refer to by `{condition: key}`. */
export interface Segment {
  /** `seg_…`; another one when a key that was deleted is used anew. */
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly conditions: JsonObject;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An onboarding stage. Its position is its place in the configured list. */
export interface Stage {
  readonly name: string;
  /** Whether people may reach it by their own call. */
  readonly selfSettable: boolean;
}

/** A declared action. Actions that are not declared count, too, but people may send only client-trackable ones. */
export interface Action {
  readonly name: string;
  readonly clientTrackable: boolean;
  /** Present where no event names the action: it is counted from events of others. */
  readonly derivation?: Derivation;
}

/** Which events of other actions count as an action, and with which value. */
export interface Derivation {
  /** The actions whose events may count; none of them is derived itself. */
  readonly from: readonly string[];
  /** Conditions over an event's properties; `{}` for every event. */
  readonly where: JsonObject;
  /** What is added up: a property, of which only a number counts, or the same of every event; absent: the event's own value. */
  readonly value?: PropertyRead | number;
  /** A property of which each value counts once for each user, for good. */
  readonly distinct?: PropertyRead;
  /** What must have come first for an event to count; absent: nothing. */
  readonly since?: Since;
  /** Events that occurred before that, in epoch milliseconds, do not count: they were not all kept when the action was declared. */
  readonly countsSince: number;
}

/** What must have come before an event for it to count. */
export type Since = SinceAction | SinceUnlock;

/** An action that must have occurred before an event, or at the same instant. */
export interface SinceAction {
  readonly action: string;
  readonly unlock?: undefined;
  /** For how many times 24 hours after it events count; absent: for ever. */
  readonly withinDays?: number;
}

/** A flag that must have been unlocked before an event. */
export interface SinceUnlock {
  readonly unlock: UnlockRead;
  readonly action?: undefined;
  readonly withinDays?: number;
}

/** A flag whose unlocks are read, with which of them count as it is now: so that they can be told without the flag. */
export interface UnlockRead {
  readonly flagKey: string;
  readonly flagId: string;
  /** By rule, below which version its unlocks do not count; null where none does. Left out: all count. */
  readonly floors: Readonly<Record<string, number | null>>;
}

/** A property of an event by its name, a part of it, or a part of all properties by a path. */
export interface PropertyRead {
  readonly name?: string;
  readonly path?: string;
}

/** The whole ordered list of stages. */
export interface StageList {
  readonly stages: readonly Stage[];
  /** Grows by one with each change; 0 before the first. */
  readonly version: number;
}

/** The whole configuration, as stored: what a snapshot is compiled from. */
export interface Configuration {
  readonly revision: number;
  readonly flags: readonly Flag[];
  readonly segments: readonly Segment[];
  /** In their order. */
  readonly stages: readonly Stage[];
  readonly actions: readonly Action[];
  /** The access rows of roles on the whole platform, in every organization. */
  readonly roleAccess: readonly AccessRow[];
  /** The types of events that some enabled webhook wants; absent where an earlier release saved the configuration. */
  readonly announced?: readonly AnnouncedType[];
  /** The name of the time zone of users for whom nobody named one; absent: UTC. */
  readonly timeZone?: string;
  /** The paths of the attributes that users are found by; absent: none. */
  readonly searchAttributes?: readonly string[];
}

/** What has changed of a configuration, each part as it is now. A part that is absent has not changed. */
export interface ConfigurationChanges {
  readonly revision: number;
  /** The flags that are new or changed, or whose platform-wide rows have changed. */
  readonly flags: readonly Flag[];
  /** All platform-wide rows of these flags. */
  readonly roleAccess: readonly AccessRow[];
  /** The keys of all flags that there are; present where flags were removed. */
  readonly flagKeys?: readonly string[];
  /** The segments that are new or changed. */
  readonly segments: readonly Segment[];
  /** The keys of all segments that there are; present where segments were removed. */
  readonly segmentKeys?: readonly string[];
  readonly stages?: readonly Stage[];
  readonly actions?: readonly Action[];
  readonly timeZone?: string;
  readonly searchAttributes?: readonly string[];
  readonly announced?: readonly AnnouncedType[];
}
