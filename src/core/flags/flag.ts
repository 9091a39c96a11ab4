import type { JsonObject, JsonValue } from '../values/json.js';
import type { AnnouncedType } from './announcement.js';

/** A share of users or of weight is counted in 100,000ths: 50 % is 50_000. */
export const PER_100K = 100_000;

/** How many prerequisites may stand in a row: a flag that requires one that requires one, … */
export const MAX_PREREQUISITE_DEPTH = 32;

export type FlagType = 'BOOLEAN' | 'STRING' | 'NUMBER' | 'JSON';

/** `LIVE`: true while the conditions hold. `LATCHING`: once true, stays true (the ledger keeps it). */
export type RulePolicy = 'LIVE' | 'LATCHING';

export interface Variant {
  readonly key: string;
  readonly value: JsonValue;
}

/** One share of a distribution; weights are relative to their sum and ranges follow the list's order. */
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
  /** Unique within the flag: `rul_…` of the server's making, or chosen by whoever made the rule. It names it for good. */
  readonly id: string;
  readonly name: string;
  /** json-rules-engine's JSON; `{}` is everyone. */
  readonly conditions: JsonObject;
  readonly policy: RulePolicy;
  /** 0…100_000: the share of buckets for which the rule may hold. */
  readonly rolloutPer100k: number;
  readonly bucketBy: BucketBy;
  /** Empty: the flag's distribution. */
  readonly distribution: readonly WeightedVariant[];
  /** Grows with each change of what the rule means; 1 at creation. */
  readonly version: number;
  /** Unlocks earned under a version below this one no longer count (RELOCK raises it). */
  readonly ledgerFloor: number;
  /** Since when it means what it means (epoch milliseconds); absent where an earlier release stored it. */
  readonly changedAt?: number;
}

/** A rule that the flag no longer has. One that is made anew under its id goes on from here. */
export interface RemovedRule {
  readonly id: string;
  /** Its last one. */
  readonly version: number;
  /** As of a rule: unlocks earned under a version below this one do not count. */
  readonly ledgerFloor: number;
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
  /** Organizations may put rows of their own. */
  readonly delegated: boolean;
  /** Whether people see the flag at all. */
  readonly clientVisible: boolean;
  readonly archived: boolean;
  /**
   * A user or an organization has an access row of it, or had one a while ago: what is stored about them is needed to decide
   * it even where it is enabled globally. Set with the first row, without a new version.
   */
  readonly hasRows?: true;
  /** Grows by one with each change; 1 at creation. */
  readonly version: number;
  /** Seeds the buckets; set at creation and never changed. */
  readonly salt: string;
  /** The version of the bucketing algorithm; see `bucketing.ts`. */
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
 * A static grant or denial. One of user, role, organization, or role with organization; what is not named is the
 * empty string. `managedBy` is '' for the platform, else the organization that put it. Its key is all but effect and
 * enabled.
 */
export interface AccessRow {
  readonly flagId: string;
  readonly userId: string;
  readonly role: string;
  readonly organizationId: string;
  readonly managedBy: string;
  readonly effect: Effect;
  /** An inactive row stays on record and decides nothing. */
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

/** An onboarding stage; its place in the configured list is its position. */
export interface Stage {
  readonly name: string;
  /** Whether people may reach it by their own call. */
  readonly selfSettable: boolean;
}

/** An action that was declared. Undeclared actions count as well; people may send only client-trackable ones. */
export interface Action {
  readonly name: string;
  readonly clientTrackable: boolean;
}

/** The whole ordered list of stages. */
export interface StageList {
  readonly stages: readonly Stage[];
  /** One more with each change; 0 before the first. */
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
  /** Platform-wide rows: a role in every organization. */
  readonly roleAccess: readonly AccessRow[];
  /** What some enabled webhook wants to hear of; absent where an earlier release saved it. */
  readonly announced?: readonly AnnouncedType[];
}

/** What changed of a configuration, each part as it now is. What is absent is as it was. */
export interface ConfigurationChanges {
  readonly revision: number;
  /** Those that are new, or of which anything changed, their platform-wide rows included. */
  readonly flags: readonly Flag[];
  /** All platform-wide rows of these flags. */
  readonly roleAccess: readonly AccessRow[];
  /** The keys of all flags that there are, where some went. */
  readonly flagKeys?: readonly string[];
  /** Those that are new or changed. */
  readonly segments: readonly Segment[];
  /** The keys of all segments that there are, where some went. */
  readonly segmentKeys?: readonly string[];
  readonly stages?: readonly Stage[];
  readonly actions?: readonly Action[];
  readonly announced?: readonly AnnouncedType[];
}
