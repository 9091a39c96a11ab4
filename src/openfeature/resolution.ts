import type { Call } from '../calls/caller.js';
import type { Decision, Reason } from '../core/deciding/decision.js';
import { answersForAll, choseByBucket } from '../core/deciding/standing-answer.js';
import type { FlagType } from '../core/flags/flag.js';
import type { CompiledFlag } from '../core/snapshot/snapshot.js';
import { type JsonValue, quote } from '../core/values/json.js';
import type { Evaluated } from '../services/evaluating/target-views.js';
import type { Metadata } from './metadata.js';

/** Those of OpenFeature's reasons that are given here. */
export type OpenFeatureReason = 'STATIC' | 'DEFAULT' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'STALE';

/** A flag's answer in OpenFeature's terms. */
export interface Resolution {
  readonly key: string;
  readonly type: FlagType;
  readonly enabled: boolean;
  /** Absent: whoever asks uses its own default, as for a flag that is switched off. */
  readonly value?: JsonValue;
  readonly variant?: string;
  /** In place of a variant, of a flag that is switched off: the one that it has then, for protocols in which clients expect one. */
  readonly offVariant?: string;
  readonly reason: OpenFeatureReason;
  readonly metadata: Metadata;
}

/** That there is no answer for a flag, as there is no such flag. Whatever else may be wrong is thrown. */
export interface ResolutionFault {
  readonly key: string;
  readonly errorCode: 'FLAG_NOT_FOUND';
  readonly errorDetails: string;
}

export function isFault(answer: Resolution | ResolutionFault): answer is ResolutionFault {
  return 'errorCode' in answer;
}

/** The fault of a flag that there is not, or not for whoever asks: the two must not be told apart. */
export function flagNotFound(key: string): ResolutionFault {
  return { key, errorCode: 'FLAG_NOT_FOUND', errorDetails: `no flag ${quote(key)}` };
}

/** What of each decision there is to tell, however it came about; FLAG_NOT_FOUND is a fault, and GLOBAL may be STATIC. */
const REASONS: Readonly<Record<Exclude<Reason, 'FLAG_NOT_FOUND'>, OpenFeatureReason>> = {
  DISABLED: 'DISABLED',
  PREREQUISITE_FAILED: 'DEFAULT',
  DENIED: 'TARGETING_MATCH',
  USER: 'TARGETING_MATCH',
  ROLE: 'TARGETING_MATCH',
  ORGANIZATION: 'TARGETING_MATCH',
  GLOBAL: 'DEFAULT',
  UNLOCKED: 'TARGETING_MATCH',
  RULE: 'TARGETING_MATCH',
  ROLLOUT: 'SPLIT',
  DEFAULT: 'DEFAULT',
  OVERRIDDEN: 'TARGETING_MATCH',
};

/**
 * A decision as a resolution. STATIC is told only where the flag answers the same for anybody at any time, since clients keep such an
 * answer by the flag's key alone, for all of their users, until they are told of a change. Machines alone are told it: the streams of
 * people do not tell of all that may end it, as of the first access row of somebody else, and visitors have none.
 */
export function resolutionOf(
  call: Call,
  compiled: CompiledFlag,
  { decision, stale }: Evaluated,
  metadata: Metadata,
): Resolution {
  const { flagKey: key, enabled, variant, value } = decision;
  const { type } = compiled.flag;
  const reason = reasonOf(call, compiled, decision, stale);
  // For a flag that is switched off the caller's default stands, and no variant of the flag.
  if (decision.reason === 'DISABLED') return { key, type, enabled, offVariant: variant, reason, metadata };
  return { key, type, enabled, ...(value === null ? {} : { value }), variant, reason, metadata };
}

function reasonOf({ caller }: Call, compiled: CompiledFlag, decision: Decision, stale: boolean): OpenFeatureReason {
  // Clients use their caller's default by this very reason.
  if (decision.reason === 'DISABLED') return 'DISABLED';
  if (decision.reason === 'OVERRIDDEN') return REASONS.OVERRIDDEN;
  if (stale) return 'STALE';
  if (choseByBucket(compiled, decision)) return 'SPLIT';
  if (decision.reason === 'GLOBAL' && caller.kind !== 'person' && answersForAll(compiled)) return 'STATIC';
  return REASONS[decision.reason as keyof typeof REASONS];
}
