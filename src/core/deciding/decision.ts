import type { Usage } from '../conditions/compiling/usage.js';
import type { JsonObject, JsonValue } from '../values/json.js';

/** The reasons that an evaluation has. */
export const REASONS = [
  'FLAG_NOT_FOUND',
  'DISABLED',
  'PREREQUISITE_FAILED',
  'DENIED',
  'USER',
  'ROLE',
  'ORGANIZATION',
  'GLOBAL',
  'UNLOCKED',
  'RULE',
  'ROLLOUT',
  'DEFAULT',
] as const;

/** The reasons that callers are told: OVERRIDDEN where the call itself has decided the flag, as a test does. */
export const TOLD_REASONS = [...REASONS, 'OVERRIDDEN'] as const;

export type Reason = (typeof TOLD_REASONS)[number];

/** The answer of one evaluation. */
export interface Decision {
  readonly flagKey: string;
  readonly enabled: boolean;
  readonly reason: Reason;
  /** '' for a flag that does not exist. */
  readonly variant: string;
  readonly value: JsonValue;
  /** The rule that answered; '' when none did. */
  readonly ruleId: string;
  /** The earliest instant, in epoch milliseconds, at which time alone may change the decision; absent: it cannot. */
  readonly validUntil?: number;
  /** 0 for a flag that does not exist. */
  readonly flagVersion: number;
  /** What is left of it; only where the rule that answered bounds a count from above. */
  readonly usage?: Usage;
}

/**
 * What a call says of the user; it overrides stored values for that call alone. Organization and roles are one unit: a
 * context that names one of them and not the other means that the other is empty, whatever is stored.
 */
export interface EvaluationContext {
  readonly organizationId?: string;
  readonly roles?: readonly string[];
  readonly joinedAt?: number;
  readonly attributes?: JsonObject;
  /**
   * By whose id rollouts and variants are decided that go by the user: a visitor's, or a user's whose buckets are to stay what they were
   * before signing in. Nothing is stored under it, and it says nothing else of the user. Laws: nobody with such an id is decided for as
   * a user of that id is of whom nothing is stored; a user with their own id, as without it; and of one with another's every bucket by the user
   * is that of the other.
   */
  readonly anonymousId?: string;
}

/** A flag that came on, or went off, for a user. */
export interface FlippedFlag {
  readonly userId: string;
  readonly flagKey: string;
}

/** Flags whose decision on stored state flipped, by what it is now. */
export interface FlippedFlags {
  readonly unlocked: readonly FlippedFlag[];
  readonly locked: readonly FlippedFlag[];
}
