import type { Decision } from '../deciding/decision.js';
import type { JsonObject, JsonValue } from '../values/json.js';

/** For whom requirements are put together: people are shown only what may be disclosed to them. */
export type Audience = 'OPERATOR' | 'PERSON';

export type Group = 'all' | 'any' | 'not';

/** A comparison as it stands for one user at one instant. */
export interface ShownComparison {
  readonly fact: string;
  readonly params: JsonObject;
  /** '' where the condition has none. */
  readonly path: string;
  readonly operator: string;
  /** What the fact is compared with; of another fact its present value. Absent where that is absent. */
  readonly target?: JsonValue;
  /** The fact's present value; absent where the fact is. */
  readonly current?: JsonValue;
  /** Of an at-least comparison over a count: how much is missing; 0 once met. */
  readonly remaining?: number;
}

/** One node of a rule's conditions as it stands for one user at one instant: a comparison or a group of nodes. */
export interface Requirement {
  /** Its condition's or its segment's name, else what the table of facts calls it; '' for groups without a name. */
  readonly label: string;
  readonly met: boolean;
  /** 0…1, and 1 exactly when met. */
  readonly progress: number;
  /** The instant (epoch milliseconds) at which time alone will have it met; absent: met already, or not by time alone. */
  readonly metAt?: number;
  /** Of the members of an `any` that is not met: the one nearest to it. */
  readonly nearest: boolean;
  /** Absent for groups, and for what is not disclosed. */
  readonly comparison?: ShownComparison;
  /** Absent for comparisons, for what is not disclosed, and for segments beyond the bound on nodes. */
  readonly group?: Group;
  readonly children: readonly Requirement[];
}

/** One rule of a flag for one user. */
export interface RuleRequirement {
  readonly ruleId: string;
  /** For operators; '' for people. */
  readonly name: string;
  /** The rule lets the user in: unlocked, or its conditions hold and its rollout includes them; never when revoked. */
  readonly met: boolean;
  /** By the ledger: earned, or granted by hand. */
  readonly unlocked: boolean;
  /** For operators: the rollout leaves the user out. People are not shown such a rule. */
  readonly rolloutExcluded: boolean;
  /** For operators: the user is barred from it. People are not shown such a rule. */
  readonly revoked: boolean;
  readonly requirement: Requirement;
}

export type BlockReason = 'DISABLED' | 'SCHEDULE' | 'PREREQUISITE' | 'DENIED' | 'REVOKED';

/** Something that keeps the flag off whatever the rules say. */
export interface Block {
  readonly reason: BlockReason;
  /** PREREQUISITE: the flag that has to be on; '' where people may not know of it. */
  readonly flagKey: string;
  /** PREREQUISITE: that flag's name. */
  readonly label: string;
  /** REVOKED: the rule that the user is barred from. */
  readonly ruleId: string;
  /** SCHEDULE: when the flag's window opens (epoch milliseconds); absent when it has closed. */
  readonly until?: number;
}

/** What a flag asks of one user, and how far they have come. */
export interface FlagRequirements {
  readonly decision: Decision;
  /** The flag's. */
  readonly name: string;
  /** 0…1: of the best rule that the user can still come in by; 1 when on, granted, or such a rule is met. */
  readonly progress: number;
  /** Everything that blocks, in the order of evaluation. */
  readonly blockedBy: readonly Block[];
  /** Granted by hand, or earned by a rule since removed. */
  readonly granted: boolean;
  /** In the flag's order. */
  readonly rules: readonly RuleRequirement[];
}
