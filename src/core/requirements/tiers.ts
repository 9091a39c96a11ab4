import type { Decision, Reason } from '../deciding/decision.js';
import type { RuleRequirement, Tiers } from './requirement.js';

/** The reasons of decisions that come of the rules, or of their not being met. */
const BY_RULES: ReadonlySet<Reason> = new Set(['UNLOCKED', 'RULE', 'ROLLOUT', 'DEFAULT']);

/**
 * Where a user stands among rules that serve several variants, the best rule first, as the first one that holds answers: the one that
 * answers now, and of those before it the nearest that serves another variant; of several that serve that variant, the one that the user
 * is nearest to. Undefined where the rules shown serve one variant alone, or do not answer.
 */
export function tiersOf(decision: Decision, shown: readonly RuleRequirement[]): Tiers | undefined {
  const rules = shown.filter(({ revoked, unlocked, rolloutExcluded }) => !revoked && (unlocked || !rolloutExcluded));
  if (!BY_RULES.has(decision.reason) || new Set(rules.map(({ variant }) => variant)).size < 2) return undefined;
  const { ruleId, variant, enabled } = decision;
  const answering = rules.findIndex((rule) => rule.ruleId === ruleId);
  const before = rules.slice(0, answering < 0 ? rules.length : answering);
  const better = before.filter((rule) => !rule.met && !(enabled && rule.variant === variant));
  const nearest = better.at(-1)?.variant;
  let next: RuleRequirement | undefined;
  for (const rule of better.toReversed()) {
    if (rule.variant !== nearest) continue;
    if (next === undefined || rule.requirement.progress > next.requirement.progress) next = rule;
  }
  return {
    ...(enabled ? { reached: { ruleId, variant } } : {}),
    ...(next === undefined ? {} : { next: { ruleId: next.ruleId, variant: next.variant } }),
  };
}
