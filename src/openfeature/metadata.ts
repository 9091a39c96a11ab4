import { type Call, confinedTo, isVisitor } from '../calls/caller.js';
import type { Decision } from '../core/deciding/decision.js';
import { earnerOf } from '../core/deciding/subject.js';
import { namesIn } from '../core/explaining/line-words.js';
import { nearestRule } from '../core/explaining/missing-leaf.js';
import { rulesToMeet } from '../core/requirements/requirements-of.js';
import { missingInWords } from '../core/sentences/requirement-words.js';
import { BY_KEY } from '../core/sentences/speaking.js';
import type { CompiledFlag } from '../core/snapshot/snapshot.js';
import { shownInstant } from '../core/values/time/time.js';
import type { Evaluated, TargetView } from '../services/evaluating/target-views.js';

/** What is told beside a value; OpenFeature takes booleans, texts and numbers. */
export type Metadata = Readonly<Record<string, boolean | string | number>>;

/**
 * What Latchkey knows of an answer: `rule_id`, the rule that answered; `unlocked_at`, when the user unlocked it; `missing`, what is still
 * missing of a flag that is off, in words; `valid_until`, when time alone may next change the answer; `stale`, where the store is away;
 * `flag_version`, for machines; and `overridden`, where the call itself has decided the flag. Instants are RFC 3339. People are told what
 * the requirements of their flags tell them anyway; visitors no `rule_id`, which names what is not for the public.
 *
 * @param view by what was decided; undefined where the store is away
 */
export function metadataOf(
  call: Call,
  compiled: CompiledFlag,
  { decision, stale }: Evaluated,
  view: TargetView | undefined,
): Metadata {
  const { ruleId, validUntil, flagVersion } = decision;
  const unlockedAt = decision.reason === 'UNLOCKED' ? view && unlockedAtOf(compiled, decision, view) : undefined;
  const missing = view && tellsMissing(compiled, decision) ? missingOf(call, compiled, view) : undefined;
  return {
    ...(ruleId !== '' && !isVisitor(call.caller) && { rule_id: ruleId }),
    ...(unlockedAt !== undefined && { unlocked_at: shownInstant(unlockedAt) }),
    ...(missing !== undefined && { missing }),
    ...(validUntil !== undefined && { valid_until: shownInstant(validUntil) }),
    ...(call.caller.kind !== 'person' && { flag_version: flagVersion }),
    ...(decision.reason === 'OVERRIDDEN' && { overridden: true }),
    ...(stale && { stale: true }),
  };
}

/** When the rule that answers was earned, by the user or else by their organization. */
function unlockedAtOf({ flag }: CompiledFlag, { ruleId }: Decision, view: TargetView): number | undefined {
  const standingOf = (of: TargetView['subject'] | undefined) => of?.user.ledger.get(flag.id)?.get(ruleId);
  const own = standingOf(view.subject);
  if (own !== undefined && own.state !== 'REVOKED') return own.earnedAt;
  return standingOf(earnerOf(view.snapshot, view.subject))?.earnedAt;
}

/** Whom the caller is shown things as; who is bound to an organization is shown no more than people are. */
function audienceOf({ caller }: Call): 'OPERATOR' | 'PERSON' {
  return caller.kind === 'person' || confinedTo(caller) !== '' ? 'PERSON' : 'OPERATOR';
}

/** Whether something may be missing of a flag that is off, which takes far longer to say than the decision. */
export function tellsMissing({ rules }: CompiledFlag, { reason }: Decision): boolean {
  return reason === 'DEFAULT' && rules.length > 0;
}

/** What is missing of the rule that the user is nearest to, in words; undefined where no rule can be met, or nobody is asked about. */
function missingOf(call: Call, compiled: CompiledFlag, view: TargetView): string | undefined {
  if (view.subject.userId === '') return undefined;
  const audience = audienceOf(call);
  const rule = nearestRule(rulesToMeet(compiled, { ...view, audience }));
  const names = audience === 'OPERATOR' ? namesIn(view.snapshot) : BY_KEY;
  return rule && missingInWords(rule.requirement, names)?.text;
}
