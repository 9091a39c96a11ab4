import { onVariant, rolloutIncludes } from '../deciding/evaluate.js';
import type { Subject } from '../deciding/subject.js';
import { countsAsKept, countsAsUnlocked } from '../deciding/unlocks.js';
import { type FactRecord, withNow } from '../facts/fact-record.js';
import { bucketKey, bucketOf } from '../flags/bucketing.js';
import type { CompiledFlag, CompiledRule } from '../snapshot/snapshot.js';
import type { Standing } from '../states/ledger.js';
import type { KeptStanding, RolloutBucket, RuleOutcome, RuleStanding, VariantChoice } from './explanation.js';

/** A rule of a flag, and by whom it is judged. */
export interface JudgedRule {
  readonly compiled: CompiledFlag;
  readonly entry: CompiledRule;
  readonly subject: Subject;
  /** The subject's organization where it earns rules of the flag. */
  readonly earner: Subject | undefined;
}

/** How a rule comes out by itself for a subject at an instant, by what its ledgers say first. */
export function outcomeOf(judged: JudgedRule, now: number): RuleOutcome {
  const { compiled, entry, subject, earner } = judged;
  const { standing, organizationStanding } = standingsOf(judged);
  if (standing?.state === 'REVOKED') return 'REVOKED';
  if (standing?.counts === true) return 'UNLOCKED';
  if (entry.byOrganization) {
    if (earner === undefined) return 'NO_ORGANIZATION';
    if (organizationStanding?.state === 'REVOKED') return 'REVOKED';
    if (organizationStanding?.counts === true) return 'UNLOCKED';
  }
  if (!rolloutIncludes(compiled, entry, subject)) return 'OUTSIDE_ROLLOUT';
  return entry.test(recordOf(judged, now)) ? 'HOLDS' : 'UNMET';
}

/** The facts by which a rule holds: the user's, or those of the organization that earns it. */
export function recordOf({ entry, subject, earner }: JudgedRule, now: number): FactRecord {
  return withNow(entry.byOrganization ? (earner ?? subject) : subject, now);
}

/** What the ledgers say of a rule. */
export function standingsOf({ compiled, entry, subject, earner }: JudgedRule): {
  readonly standing?: RuleStanding;
  readonly organizationStanding?: RuleStanding;
} {
  const told = (standing: Standing | undefined): RuleStanding | undefined =>
    standing && { ...standing, counts: countsAsUnlocked(entry, standing) };
  const inLedger = (of: Subject | undefined) => told(of?.user.ledger.get(compiled.flag.id)?.get(entry.rule.id));
  const standing = inLedger(subject);
  const organizationStanding = entry.byOrganization ? inLedger(earner) : undefined;
  return { ...(standing && { standing }), ...(organizationStanding && { organizationStanding }) };
}

/** Where a subject stands in a rule's rollout. */
export function bucketIn({ compiled, entry, subject }: JudgedRule): RolloutBucket {
  const { bucketBy: by, rolloutPer100k } = entry;
  const key = bucketKey(by, subject);
  const place = key === undefined ? {} : { key, position: bucketOf(compiled.flag.salt, key) };
  return { by, ...place, rolloutPer100k, included: rolloutIncludes(compiled, entry, subject) };
}

/** How the variant is chosen of a decision that is on: by its rule `entry`, or by something else than the flag's rules. */
export function choiceOf(compiled: CompiledFlag, entry: CompiledRule | undefined, subject: Subject): VariantChoice {
  const by = entry?.rule.bucketBy ?? 'user';
  const key = bucketKey(by, subject);
  const ofRule = entry?.distribution !== undefined;
  const chosen = ofRule ? entry.rule.distribution : compiled.flag.distribution;
  const hasOne = ofRule || compiled.distribution !== undefined;
  return {
    variant: onVariant(compiled, entry, subject),
    from: ofRule ? 'RULE' : hasOne ? 'FLAG' : 'NONE',
    by,
    ...(key === undefined ? {} : { key }),
    distribution: hasOne ? chosen : [],
  };
}

/** What a ledger says of a flag as a whole, and of rules that it no longer has. */
export function keptStandings(
  compiled: CompiledFlag,
  { user }: Subject,
  of: KeptStanding['of'],
): readonly KeptStanding[] {
  const present = new Set(compiled.rules.map(({ rule }) => rule.id));
  return [...(user.ledger.get(compiled.flag.id) ?? [])]
    .filter(([ruleId]) => !present.has(ruleId))
    .map(([ruleId, standing]) => ({ ...standing, ruleId, of, counts: countsAsKept(compiled, ruleId, standing) }));
}
