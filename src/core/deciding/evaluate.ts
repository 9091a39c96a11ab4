import { type FactRecord, withNow } from '../facts/fact-record.js';
import { bucketKey, inRollout } from '../flags/bucketing.js';
import { type Flag, MAX_PREREQUISITE_DEPTH } from '../flags/flag.js';
import type { CompiledFlag, CompiledRule, Snapshot } from '../snapshot/snapshot.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import { frozen } from '../values/json.js';
import { hasRows, verdictOf } from './access.js';
import type { Decision, EvaluationContext, Reason } from './decision.js';
import { earnerOf, type Subject, subjectOf } from './subject.js';
import { countsAsUnlocked, hasKeptUnlock } from './unlocks.js';

/** How far a decision has gone into prerequisites of prerequisites, and how it is told. */
interface Walk {
  readonly depth: number;
  /** The prerequisites decided so far, if any: several flags may require the same one, which is then decided once. */
  decided?: Map<string, Decision>;
  /** Whether a denial reads as DEFAULT; see {@link decideForPeople}. */
  readonly hidesDenials: boolean;
  /** Whether it is left out what is left of the flag; see {@link decideAlone}. */
  readonly withoutUsage?: boolean;
  /** Decisions that the call has made itself, by flag; they are among those decided so far, too, for flags that require these. */
  readonly overridden?: ReadonlyMap<string, Decision>;
}

/**
 * Decides one flag for one user: pure, synchronous and total. The first line of the order of evaluation that applies
 * answers: unknown, disabled, prerequisite, denied, delegated rows, rows, globally, rules, kept unlocks, default.
 *
 * @param organization the state of the organization that the answer is about; see `organizationIdOf`
 * @param now epoch milliseconds
 */
export function evaluate(
  snapshot: Snapshot,
  flagKey: string,
  user: UserState,
  organization: OrganizationState | undefined,
  context: EvaluationContext | undefined,
  now: number,
): Decision {
  return decide(snapshot, flagKey, subjectOf(snapshot, user, organization, context), now);
}

/** {@link evaluate} for a subject that was made before, as where many flags are decided for one user. */
export function decide(snapshot: Snapshot, flagKey: string, subject: Subject, now: number, walk?: Walk): Decision {
  const compiled = snapshot.flags.get(flagKey);
  if (compiled?.tellsUsage === true && walk?.hidesDenials === true && countsSinceHidden(flagKey, snapshot))
    walk = { ...walk, withoutUsage: true };
  if (compiled?.open === true && !hasRows(compiled, subject))
    return decideByRules(compiled, subject, now, Infinity, walk);
  if (compiled === undefined || compiled.flag.archived) return notFound(flagKey);
  const { flag } = compiled;

  if (!flag.active) return off(compiled, 'DISABLED', Infinity);
  let until = windowChange(flag, now);
  if (!inWindow(flag, now)) return off(compiled, 'DISABLED', until);

  if (flag.prerequisites.length > 0) {
    const { depth, hidesDenials } = walk ?? TO_ALL;
    const decided = walk?.decided ?? new Map<string, Decision>();
    if (walk !== undefined) walk.decided = decided;
    const next: Walk = { depth: depth + 1, decided, hidesDenials, withoutUsage: true };
    // A write that would exceed the depth is refused; this ends a stored configuration that is damaged and has a circle.
    if (next.depth > MAX_PREREQUISITE_DEPTH) return off(compiled, 'PREREQUISITE_FAILED', until);
    for (const { flagKey: key, variant } of flag.prerequisites) {
      const other = decided.get(key) ?? decide(snapshot, key, subject, now, next);
      decided.set(key, other);
      until = Math.min(until, other.validUntil ?? Infinity);
      const met = other.enabled && (variant === '' || variant === other.variant);
      if (!met) return off(compiled, 'PREREQUISITE_FAILED', until);
    }
  }

  const earner = compiled.organizations === undefined ? undefined : earnerOf(snapshot, subject);
  const platform = verdictOf(compiled, subject, '');
  if (platform?.effect === 'DENY') return denied(compiled, subject, now, until, walk, earner);
  if (flag.delegated && subject.organizationId !== '') {
    const delegated = verdictOf(compiled, subject, subject.organizationId);
    if (delegated?.effect === 'DENY') return denied(compiled, subject, now, until, walk, earner);
    if (delegated !== undefined) return on(compiled, undefined, subject, delegated.level, until);
  }
  if (platform !== undefined) return on(compiled, undefined, subject, platform.level, until);
  if (flag.isEnabledGlobally) return on(compiled, undefined, subject, 'GLOBAL', until);

  return decideByRules(compiled, subject, now, until, walk, earner);
}

/** Whether a flag's rules read a count since another flag was unlocked that people may not know of: what is left would tell of that. */
function countsSinceHidden(flagKey: string, { derivations, readers, flags }: Snapshot): boolean {
  if (!derivations.anySinceUnlock) return false;
  return [...derivations.all].some(([action, { since }]) => {
    if (since?.unlock === undefined || flags.get(since.unlock.flagKey)?.flag.clientVisible === true) return false;
    return readers.ofAction(action).has(flagKey);
  });
}

const TO_ALL: Walk = { depth: 0, hidesDenials: false };

/** What decisions of many flags for one subject at one instant have in common; see {@link decideAmong}. */
export type Among = Walk;

export function among({
  hidesDenials,
  withoutUsage = false,
  overridden,
}: Pick<Among, 'hidesDenials' | 'withoutUsage' | 'overridden'>): Among {
  if (overridden === undefined) return { depth: 0, hidesDenials, withoutUsage };
  return { depth: 0, hidesDenials, withoutUsage, overridden, decided: new Map(overridden) };
}

/** The decision of a flag that a call has decided as one of its variants; undefined where it has no such variant. */
export function overriddenDecision(compiled: CompiledFlag, variant: string): Decision | undefined {
  const { flag } = compiled;
  if (!flag.variants.some(({ key }) => key === variant)) return undefined;
  const decision = makeAnswer(compiled, undefined, 'OVERRIDDEN', variant);
  return { ...decision, enabled: variant !== flag.offVariant };
}

/**
 * {@link decide} or {@link decideForPeople} for one of many flags, which are all given the same {@link among}: what several of them
 * require is decided once. Law: the decision is the same as alone, in any configuration that can be written.
 */
export function decideAmong(
  snapshot: Snapshot,
  flagKey: string,
  subject: Subject,
  now: number,
  common: Among,
): Decision {
  const overridden = common.overridden?.get(flagKey);
  if (overridden !== undefined) return overridden;
  const known = common.decided?.get(flagKey);
  // Of a flag that is required it is not told what is left of it.
  const isWhole = known !== undefined && snapshot.flags.get(flagKey)?.tellsUsage !== true;
  return isWhole ? known : decide(snapshot, flagKey, subject, now, common);
}

/**
 * {@link decide} as people are told: a denial of the flag, or of one that it requires, reads as DEFAULT with every rule unmet. Law:
 * the answer is that of somebody who has no such row, and whom the rollouts of the rules leave out that would let them in.
 */
export function decideForPeople(snapshot: Snapshot, flagKey: string, subject: Subject, now: number): Decision {
  return decide(snapshot, flagKey, subject, now, among({ hidesDenials: true }));
}

/** {@link decide} without what is left of the flag, so that `validUntil` is that of the answer alone: for who looks for flips. */
export function decideAlone(snapshot: Snapshot, flagKey: string, subject: Subject, now: number): Decision {
  return decide(snapshot, flagKey, subject, now, among({ hidesDenials: false, withoutUsage: true }));
}

function denied(
  compiled: CompiledFlag,
  subject: Subject,
  now: number,
  until: number,
  walk: Walk | undefined,
  earner: Subject | undefined,
): Decision {
  if (walk?.hidesDenials !== true) return off(compiled, 'DENIED', until);
  return off(compiled, 'DEFAULT', Math.min(until, unmetUntil(compiled, subject, now, earner)));
}

/** When time may next change whether those of the rules hold that are open to the user and do not hold now. */
function unmetUntil(compiled: CompiledFlag, subject: Subject, now: number, earner: Subject | undefined): number {
  let until = Infinity;
  const closed = (of: Subject, entry: CompiledRule): boolean => {
    const standing = of.user.ledger.get(compiled.flag.id)?.get(entry.rule.id);
    return standing?.state === 'REVOKED' || countsAsUnlocked(entry, standing);
  };
  for (const entry of compiled.rules) {
    const { conditions, byOrganization } = entry;
    const by = byOrganization ? earner : subject;
    if (!conditions.readsTime || by === undefined || closed(subject, entry) || closed(by, entry)) continue;
    const record = withNow(by, now);
    if (!rolloutIncludes(compiled, entry, subject) || conditions.test(record)) continue;
    until = Math.min(until, conditions.nextChange(record));
  }
  return until;
}

/**
 * The record of the decision that is being made: the same for all, so that none is allocated. What it is given to reads it before it
 * returns, and makes no other decision meanwhile.
 */
const present: { -readonly [member in keyof FactRecord]: FactRecord[member] } = { values: [], now: 0 };

function presentRecord({ values }: Subject, now: number): FactRecord {
  present.values = values;
  present.now = now;
  return present;
}

/**
 * Lines 6–8 of the order of evaluation alone; `windowUntil` is when time may change what the lines before them said, and `earner` the
 * user's organization where it earns rules of the flag.
 */
function decideByRules(
  compiled: CompiledFlag,
  subject: Subject,
  now: number,
  windowUntil: number,
  walk?: Walk,
  earner?: Subject,
): Decision {
  let until = windowUntil;
  const { ledger } = subject.user;
  const standings = ledger.size === 0 ? undefined : ledger.get(compiled.flag.id);
  let record = presentRecord(subject, now);
  for (let entry = compiled.firstRule; entry !== undefined; entry = entry.next) {
    const standing = standings?.get(entry.rule.id);
    if (standing?.state === 'REVOKED') continue;
    if (countsAsUnlocked(entry, standing)) return on(compiled, entry, subject, 'UNLOCKED', until);
    if (earner !== undefined) record = presentRecord(entry.byOrganization ? earner : subject, now);
    if (entry.byOrganization) {
      const earned = earner?.user.ledger.get(compiled.flag.id)?.get(entry.rule.id);
      if (earner === undefined || earned?.state === 'REVOKED') continue;
      if (countsAsUnlocked(entry, earned)) return on(compiled, entry, subject, 'UNLOCKED', until);
    }
    if (!rolloutIncludes(compiled, entry, subject)) continue;
    if (entry.readsTime) until = Math.min(until, entry.conditions.nextChange(record));
    if (entry.test(record)) {
      if (entry.usage !== undefined && walk?.withoutUsage !== true)
        return onWithUsage(compiled, entry, subject, until, record);
      return on(compiled, entry, subject, entry.unconditional ? 'ROLLOUT' : 'RULE', until);
    }
  }
  if (standings !== undefined && hasKeptUnlock(compiled, ledger)) {
    return on(compiled, undefined, subject, 'UNLOCKED', until);
  }
  if (earner !== undefined && hasKeptUnlock(compiled.organizations!, earner.user.ledger)) {
    return on(compiled, undefined, subject, 'UNLOCKED', until);
  }
  return off(compiled, 'DEFAULT', until);
}

export function rolloutIncludes({ salt }: CompiledFlag, entry: CompiledRule, subject: Subject): boolean {
  return inRollout(salt, bucketKey(entry.bucketBy, subject), entry.rolloutPer100k);
}

/** Whether the flag's window is open. */
export function inWindow(flag: Flag, now: number): boolean {
  return (flag.startsAt === undefined || now >= flag.startsAt) && (flag.endsAt === undefined || now < flag.endsAt);
}

/** The next instant at which the flag's window opens or closes; Infinity when it never will. */
export function windowChange(flag: Flag, now: number): number {
  if (flag.startsAt !== undefined && now < flag.startsAt) return flag.startsAt;
  if (flag.endsAt !== undefined && now < flag.endsAt) return flag.endsAt;
  return Infinity;
}

/** The decision of a flag that there is not, or that is archived. */
export function notFound(flagKey: string): Decision {
  return { flagKey, enabled: false, reason: 'FLAG_NOT_FOUND', variant: '', value: null, ruleId: '', flagVersion: 0 };
}

/** A flag's decision that is off for that reason; `until` is when time may change it, Infinity for never. */
export function off(compiled: CompiledFlag, reason: Reason, until: number): Decision {
  return answer(compiled, undefined, reason, compiled.flag.offVariant, until);
}

/** A flag's decision that is on: by its rule `entry`, or by something else than its rules. `until` as in {@link off}. */
export function on(
  compiled: CompiledFlag,
  entry: CompiledRule | undefined,
  subject: Subject,
  reason: Reason,
  until: number,
): Decision {
  return answer(compiled, entry, reason, onVariant(compiled, entry, subject), until);
}

/** The answer of a rule that bounds a count from above, by the record by which it holds. */
export function onWithUsage(
  compiled: CompiledFlag,
  entry: CompiledRule,
  subject: Subject,
  until: number,
  record: FactRecord,
): Decision {
  const usage = entry.usage!.read(record);
  if (usage === undefined) return on(compiled, entry, subject, 'RULE', until);
  return { ...on(compiled, entry, subject, 'RULE', Math.min(until, entry.usage!.nextChange(record))), usage };
}

/** The variant that the user's bucket gives in the rule's distribution, or else in the flag's; `on` where both are empty. */
export function onVariant(
  { flag, distribution }: CompiledFlag,
  entry: CompiledRule | undefined,
  subject: Subject,
): string {
  const chosen = entry?.distribution ?? distribution;
  if (chosen === undefined) return 'on';
  return chosen.variantFor(flag.salt, bucketKey(entry?.rule.bucketBy ?? 'user', subject));
}

/** The reasons of decisions that are off. */
const OFF: ReadonlySet<Reason> = new Set(['FLAG_NOT_FOUND', 'DISABLED', 'PREREQUISITE_FAILED', 'DENIED', 'DEFAULT']);
/** How many answers of a flag or a rule are kept: it has a few, but for one with very many variants. */
const MOST_ANSWERS = 32;

/** The decision of a flag, or of its rule `entry`. Where time does not change it, it is made once and frozen. */
function answer(
  compiled: CompiledFlag,
  entry: CompiledRule | undefined,
  reason: Reason,
  variant: string,
  until: number,
): Decision {
  if (until !== Infinity) return { ...makeAnswer(compiled, entry, reason, variant), validUntil: until };
  const maker = entry ?? compiled;
  const last = maker.lastAnswer;
  if (last !== undefined && last.reason === reason && last.variant === variant) return last as Decision;
  for (const known of maker.answers) {
    if (known.reason !== reason || known.variant !== variant) continue;
    maker.lastAnswer = known;
    return known as Decision;
  }
  const made = makeAnswer(compiled, entry, reason, variant);
  if (maker.answers.length < MOST_ANSWERS) {
    maker.lastAnswer = frozen(made);
    maker.answers = [...maker.answers, made];
  }
  return made;
}

function makeAnswer(
  { flag }: CompiledFlag,
  entry: CompiledRule | undefined,
  reason: Reason,
  variant: string,
): Decision {
  return {
    flagKey: flag.key,
    enabled: !OFF.has(reason),
    reason,
    variant,
    value: flag.variants.find(({ key }) => key === variant)?.value ?? null,
    ruleId: entry?.rule.id ?? '',
    flagVersion: flag.version,
  };
}
