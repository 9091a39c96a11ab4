import type { Usage } from '../../core/conditions/compiling/usage.js';
import type { Reason } from '../../core/deciding/decision.js';
import type { Evaluated } from '../../services/evaluating/target-views.js';
import {
  type EvaluateResponse,
  Reason as ReasonNumber,
  type Usage as UsageMessage,
} from '../gen/latchkey/v1/evaluation.js';
import { instant } from './fields.js';

const REASONS: Readonly<Record<Reason, ReasonNumber>> = {
  FLAG_NOT_FOUND: ReasonNumber.REASON_FLAG_NOT_FOUND,
  DISABLED: ReasonNumber.REASON_DISABLED,
  PREREQUISITE_FAILED: ReasonNumber.REASON_PREREQUISITE_FAILED,
  DENIED: ReasonNumber.REASON_DENIED,
  USER: ReasonNumber.REASON_USER,
  ROLE: ReasonNumber.REASON_ROLE,
  ORGANIZATION: ReasonNumber.REASON_ORGANIZATION,
  GLOBAL: ReasonNumber.REASON_GLOBAL,
  UNLOCKED: ReasonNumber.REASON_UNLOCKED,
  RULE: ReasonNumber.REASON_RULE,
  ROLLOUT: ReasonNumber.REASON_ROLLOUT,
  DEFAULT: ReasonNumber.REASON_DEFAULT,
  OVERRIDDEN: ReasonNumber.REASON_OVERRIDDEN,
};

/** The longest key that is sent back whole. A longer text is no flag's key, and many answers could repeat it. */
const MAX_KEY = 128;

/** A decision as a message. */
export function decisionMessage({ decision, stale }: Evaluated): EvaluateResponse {
  return {
    flagKey: decision.flagKey.slice(0, MAX_KEY),
    enabled: decision.enabled,
    value: decision.reason === 'FLAG_NOT_FOUND' ? undefined : decision.value,
    variant: decision.variant,
    reason: REASONS[decision.reason],
    ruleId: decision.ruleId,
    validUntil: instant(decision.validUntil),
    flagVersion: decision.flagVersion,
    stale,
    usage: decision.usage && usageMessage(decision.usage),
  };
}

/** What is left, as a message. */
export function usageMessage({ remaining, limit, resetsAt }: Usage): UsageMessage {
  return { remaining, limit, resetsAt: instant(resetsAt) };
}
