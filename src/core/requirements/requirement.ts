import type { Usage } from '../conditions/compiling/usage.js';
import type { Decision } from '../deciding/decision.js';
import type { EarnedBy } from '../flags/flag.js';
import type { JsonObject, JsonValue } from '../values/json.js';

/** Who is shown requirements: operators see everything, people what may be disclosed to them. */
export type Audience = 'OPERATOR' | 'PERSON';

export type Group = 'all' | 'any' | 'not';

/** A comparison with the values that it has for one user at one instant. */
export interface ShownComparison {
  readonly fact: string;
  readonly params: JsonObject;
  /** '' where the condition has none. */
  readonly path: string;
  readonly operator: string;
  /** What the fact is compared with: a constant, or another fact's present value; absent where that fact is. */
  readonly target?: JsonValue;
  /** The fact's present value; absent where the fact itself is absent. */
  readonly current?: JsonValue;
  /** How much is missing, 0 once met; only for comparisons that ask a count to be at least, or more than, a number. */
  readonly remaining?: number;
  /** What is left; only for comparisons that bound a count from above. */
  readonly usage?: Usage;
  /** Since when the fact is counted, in epoch milliseconds; only where its window, or a streak, may reach further back, or its action is derived. */
  readonly countedSince?: number;
  /** When a streak ends unless the user goes on with it, in epoch milliseconds; only for a streak that goes on now. */
  readonly breaksAt?: number;
  /** Set where no further value of a derived action counts for the user, however many there are. */
  readonly capped?: true;
}

/** One node of a rule's conditions, a comparison or a group, with what it comes to for one user at one instant. */
export interface Requirement {
  /** The name of the condition or the segment, or else the fact's label; '' for a group without a name. */
  readonly label: string;
  readonly met: boolean;
  /** From 0 to 1; 1 if it is met, and only then. */
  readonly progress: number;
  /** When time alone will have it met, in epoch milliseconds; absent where it is met, or time alone will not do it. */
  readonly metAt?: number;
  /**
   * Whether it is that member of an `any`, or that segment of a count, which is nearest to being met; false for all members of one that
   * is met.
   */
  readonly nearest: boolean;
  /** Absent for groups, and for what is not disclosed. */
  readonly comparison?: ShownComparison;
  /** Absent for comparisons, for what is not disclosed, and for segments beyond the bound on nodes. */
  readonly group?: Group;
  /** A group's members, or the segments that a comparison counts. */
  readonly children: readonly Requirement[];
}

/** One rule of a flag for one user. */
export interface RuleRequirement {
  readonly ruleId: string;
  /** The rule's name, for operators; '' for people. */
  readonly name: string;
  /** Whether the rule turns the flag on for the user: unlocked, or met and in the rollout; false when it was revoked. */
  readonly met: boolean;
  /** Who earns it. Of a rule that organizations earn the requirement is that of the user's organization. */
  readonly earnedBy: EarnedBy;
  /** Whether the ledger of the user, or that of the organization that earns it, holds an unlock or a grant of the rule that counts. */
  readonly unlocked: boolean;
  /** Whether the rollout leaves the user out. Only operators are shown such a rule. */
  readonly rolloutExcluded: boolean;
  /** Whether the user, or the organization that earns it, is barred from the rule. Only operators are shown such a rule. */
  readonly revoked: boolean;
  readonly requirement: Requirement;
  /** The variant that it serves the user. */
  readonly variant: string;
}

export type BlockReason = 'DISABLED' | 'SCHEDULE' | 'PREREQUISITE' | 'DENIED' | 'REVOKED';

/** Something that keeps the flag off, whether or not a rule is met. */
export interface Block {
  readonly reason: BlockReason;
  /** For PREREQUISITE the flag that has to be on; '' where people may not know of it. */
  readonly flagKey: string;
  /** For PREREQUISITE that flag's name. */
  readonly label: string;
  /** For REVOKED the rule that the user is barred from. */
  readonly ruleId: string;
  /** For SCHEDULE when the flag's window opens, in epoch milliseconds; absent when it has closed. */
  readonly until?: number;
}

/** What a flag asks of one user, and how far they have come. */
export interface FlagRequirements {
  readonly decision: Decision;
  /** The flag's name. */
  readonly name: string;
  /** From 0 to 1: that of the rule which is nearest to being met and open to the user; 1 when on, granted, or a rule is met. */
  readonly progress: number;
  /** All that keeps the flag off, in the order of evaluation. */
  readonly blockedBy: readonly Block[];
  /** Whether the user was granted the flag by hand, or keeps an unlock of a rule that was removed. */
  readonly granted: boolean;
  /** In the order of the flag's rules. */
  readonly rules: readonly RuleRequirement[];
  /** Only where the rules that are open to the user serve more than one variant. */
  readonly tiers?: Tiers;
}

/** Where a user stands among rules that serve several variants. */
export interface Tiers {
  /** The rule that answers; absent while the flag is off. */
  readonly reached?: Tier;
  /** The nearest better one; absent where there is none. */
  readonly next?: Tier;
}

export interface Tier {
  /** '' where the flag was granted as a whole. */
  readonly ruleId: string;
  readonly variant: string;
}
