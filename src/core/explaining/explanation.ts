import type { Decision } from '../deciding/decision.js';
import type { Subject } from '../deciding/subject.js';
import type { KnownDays } from '../facts/known-days.js';
import type { AccessRow, BucketBy, RulePolicy, WeightedVariant } from '../flags/flag.js';
import type { RuleRequirement } from '../requirements/requirement.js';
import type { Sentence } from '../sentences/part.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Standing } from '../states/ledger.js';

/** Whom an explanation is about, at which instant. */
export interface ExplainedFor {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly known?: KnownDays | undefined;
}

/** The order of evaluation, one name a line. */
export const LINES = [
  'EXISTS',
  'SWITCHED_ON',
  'PREREQUISITES',
  'ROWS',
  'EVERYONE',
  'RULES',
  'KEPT',
  'OTHERWISE',
] as const;

export type LineName = (typeof LINES)[number];

/** Of exactly one line `ANSWERS`: those before it pass, those after it are not reached. */
export type LineVerdict = 'PASSES' | 'ANSWERS' | 'NOT_REACHED';

export interface Line {
  readonly line: LineName;
  readonly verdict: LineVerdict;
  /** What is found there, in words: also where it is not reached. '' where it may not be told. */
  readonly says: string;
}

/** Why a flag is decided as it is for one user at one instant: the order of evaluation, line by line. */
export interface Explanation {
  readonly flagKey: string;
  /** '' for a flag that does not exist. */
  readonly name: string;
  readonly decision: Decision;
  /** The decision and its reason in one sentence. */
  readonly sentence: Sentence;
  /** All of {@link LINES}, in their order. */
  readonly lines: readonly Line[];
  /** The flag's window, in epoch milliseconds. */
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly prerequisites: readonly ExplainedPrerequisite[];
  /** Those that are for the user, the most specific level first. */
  readonly rows: readonly ExplainedRow[];
  /** In the order of the flag's rules. */
  readonly rules: readonly ExplainedRule[];
  /** What the ledger says of the flag as a whole, and of rules that it no longer has. */
  readonly kept: readonly KeptStanding[];
  /** How the variant was chosen; absent for a decision that is off. */
  readonly choice?: VariantChoice;
}

export interface ExplainedPrerequisite {
  readonly flagKey: string;
  /** The variant with which it has to be on; '' for any. */
  readonly variant: string;
  readonly met: boolean;
  /** Whether the evaluation came to it: one that fails ends it. */
  readonly reached: boolean;
  readonly decision: Decision;
  /** Absent where the same flag is explained elsewhere in the whole, or too much is explained already. */
  readonly explanation?: Explanation;
}

/** What an access row is for: the levels, the most specific first. */
export type RowLevel = 'USER' | 'ROLE_IN_ORGANIZATION' | 'ROLE' | 'ORGANIZATION';

/**
 * What becomes of a row among those of whoever manages it. `DECIDES`: it gives their verdict. `OUTRANKED`: a more specific level or
 * a nearer role does, or a denial at the same distance. `INACTIVE`: it is on record only. `IGNORED`: an organization's row of a flag
 * that is not delegated.
 */
export type RowStanding = 'DECIDES' | 'OUTRANKED' | 'INACTIVE' | 'IGNORED';

export interface ExplainedRow {
  readonly row: AccessRow;
  readonly level: RowLevel;
  readonly standing: RowStanding;
  /** For a role, how the user has it: a role of their own, then those that inherit it one from another, to the row's. */
  readonly through: readonly string[];
}

/**
 * How a rule comes out by itself. `REVOKED`: the user, or the organization that earns it, is barred. `UNLOCKED`: by the ledger.
 * `NO_ORGANIZATION`: an organization earns it, and the user is in none. `OUTSIDE_ROLLOUT`, `HOLDS`, `UNMET`: as its rollout and its
 * conditions say.
 */
export type RuleOutcome = 'REVOKED' | 'UNLOCKED' | 'NO_ORGANIZATION' | 'OUTSIDE_ROLLOUT' | 'HOLDS' | 'UNMET';

export interface ExplainedRule {
  /** Where `ANSWERS`, the line of the rules answers, by this rule. */
  readonly verdict: LineVerdict;
  readonly outcome: RuleOutcome;
  readonly policy: RulePolicy;
  /** Who has the rule, in words. */
  readonly sentence: Sentence;
  readonly requirement: RuleRequirement;
  readonly bucket: RolloutBucket;
  /** The variant that the rule gives the user where it answers. */
  readonly choice: VariantChoice;
  /** What the user's ledger says of the rule. */
  readonly standing?: RuleStanding;
  /** What the ledger of the user's organization says of it, where that earns it. */
  readonly organizationStanding?: RuleStanding;
}

/** Where a user stands in a rule's rollout. */
export interface RolloutBucket {
  readonly by: BucketBy;
  /** The text that is hashed with the flag's salt; absent for a user who has none of what the rollout is spread over. */
  readonly key?: string;
  /** 0…99_999; absent without a key. */
  readonly position?: number;
  /** Buckets below it are in the rollout; 100_000 is everyone, also those without a key. */
  readonly rolloutPer100k: number;
  readonly included: boolean;
}

export interface VariantChoice {
  readonly variant: string;
  /** Whose distribution chose; `NONE`: neither the rule nor the flag has one, which gives `on`. */
  readonly from: 'RULE' | 'FLAG' | 'NONE';
  /** What the distribution is spread over. */
  readonly by: BucketBy;
  readonly key?: string;
  readonly distribution: readonly WeightedVariant[];
}

export interface RuleStanding extends Standing {
  /** Whether it turns the rule on. */
  readonly counts: boolean;
}

export interface KeptStanding extends RuleStanding {
  /** '' for the flag as a whole. */
  readonly ruleId: string;
  /** In whose ledger it stands. */
  readonly of: 'USER' | 'ORGANIZATION';
}
