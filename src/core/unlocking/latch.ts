import { rolloutIncludes } from '../deciding/evaluate.js';
import { type Subject, type SubjectFor, subjectOf } from '../deciding/subject.js';
import { countsAsUnlocked } from '../deciding/unlocks.js';
import { withNow } from '../facts/fact-record.js';
import type { CompiledFlag, CompiledRule, Snapshot } from '../snapshot/snapshot.js';
import { foldLedger } from '../states/ledger.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import { judgingIndex } from './judging-index.js';

/** A latching rule that has become true for a user. */
export interface NewUnlock {
  readonly compiled: CompiledFlag;
  readonly entry: CompiledRule;
}

export interface Latched {
  /** The state with the new unlocks in its ledger; the same object when there are none. */
  readonly user: UserState;
  readonly unlocks: readonly NewUnlock[];
}

export interface LatchOptions {
  /** The keys of the flags whose rules are judged; left out for all. Flags that read an unlock which is found are judged, too. */
  readonly among?: ReadonlySet<string> | undefined;
  /** How subjects are made; `passingSubject` for users who are looked at once, `subjectsByFlag` for those looked at again and again. */
  readonly subjectFor?: SubjectFor;
}

const storedSubject: SubjectFor = (snapshot, user, organization) => subjectOf(snapshot, user, organization);

/**
 * Finds the latching rules that have become true on stored state. Flags that other flags' `unlocked` facts read come before
 * those, so that a whole chain of features unlocks at once. Lines 1–5 of the order of evaluation do not matter: a rule of a
 * flag that is switched off is earned all the same; one of an archived flag is not.
 */
export function latch(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  now: number,
  { among, subjectFor = storedSubject }: LatchOptions = {},
): Latched {
  let current = user;
  const unlocks: NewUnlock[] = [];
  const places = among && placesOf(snapshot, among);
  for (let i = 0; i < (places ?? snapshot.latching).length; i++) {
    const compiled = snapshot.latching[places?.[i] ?? i]!;
    const subject = subjectFor(snapshot, current, organization, compiled);
    const earned = openRules(compiled, subject, now).filter((entry) => holds(entry, subject, now));
    if (earned.length === 0) continue;
    for (const entry of earned) unlocks.push({ compiled, entry });
    const entries = earned.map(({ rule }) => ({
      flagId: compiled.flag.id,
      ruleId: rule.id,
      ruleVersion: rule.version,
      kind: 'unlocked' as const,
      earnedAt: now,
    }));
    current = { ...current, ledger: foldLedger(entries, current.ledger) };
    if (places !== undefined) leadOn(snapshot, places, i);
  }
  return { user: current, unlocks };
}

/** The indexes of these flags among those that latch, ascending. */
export function placesOf(snapshot: Snapshot, flagKeys: ReadonlySet<string>): number[] {
  const { latchingPlace } = judgingIndex(snapshot);
  const places = Array.from(flagKeys, (key) => latchingPlace.get(key)).filter((place) => place !== undefined);
  return places.sort((a, b) => a - b);
}

/** Adds the flags that read the unlock of the flag at `at`, which has changed. All of them come later in the order. */
export function leadOn(snapshot: Snapshot, places: number[], at: number): void {
  const { flag } = snapshot.latching[places[at]!]!;
  const readers = placesOf(snapshot, snapshot.dependencies.readingUnlockOf(flag.key));
  const later = places.splice(at + 1);
  const added = readers.filter((place) => place > places[at]! && !later.includes(place));
  places.push(...[...later, ...added].sort((a, b) => a - b));
}

/**
 * The next instant at which time alone could make a latching rule true that the user has not unlocked; Infinity when it
 * never could. A rule need not be true at that instant: whoever looks then and asks again misses nothing. A `now` before a
 * rule's change asks of that rule what comes after the change, as of which it is judged by whatever changed it.
 */
export function nextLatchAt(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  now: number,
  { among, subjectFor = storedSubject }: LatchOptions = {},
): number {
  const { latchingByTime } = judgingIndex(snapshot);
  const asked = among === undefined ? latchingByTime.keys() : among.intersection(latchingByTime);
  let next = Infinity;
  for (const key of asked) {
    const compiled = latchingByTime.get(key)!;
    const subject = subjectFor(snapshot, user, organization, compiled);
    for (const entry of compiled.latchingRules) {
      if (!entry.conditions.readsTime || !isOpen(compiled, entry, subject)) continue;
      const from = Math.max(now, entry.rule.changedAt ?? 0);
      next = Math.min(next, entry.conditions.nextChange(withNow(subject, from)));
    }
  }
  return next;
}

/**
 * The next instant after `now` at which a latching rule of these flags was changed that the user may still earn; Infinity where
 * none was. As of an earlier instant than its change a rule cannot be judged.
 */
export function nextRuleChange(
  snapshot: Snapshot,
  user: UserState,
  organization: OrganizationState | undefined,
  now: number,
  { among, subjectFor = storedSubject }: LatchOptions = {},
): number {
  let next = Infinity;
  if (judgingIndex(snapshot).lastChange <= now) return next;
  const flags = among === undefined ? snapshot.latching : placesOf(snapshot, among).map((i) => snapshot.latching[i]!);
  for (const compiled of flags) {
    const later = compiled.latchingRules.filter(({ rule: { changedAt = 0 } }) => changedAt > now && changedAt < next);
    if (later.length === 0) continue;
    const subject = subjectFor(snapshot, user, organization, compiled);
    for (const entry of later) if (isOpen(compiled, entry, subject)) next = Math.min(next, entry.rule.changedAt!);
  }
  return next;
}

/** Whether time alone can make any latching rule of this configuration true. */
export function timeCanLatch(snapshot: Snapshot): boolean {
  return judgingIndex(snapshot).latchingByTime.size > 0;
}

/**
 * The flag's latching rules that the user may still earn. A `now` in the past leaves out rules that were changed since: what they
 * meant then is not known.
 */
function openRules(compiled: CompiledFlag, subject: Subject, now: number): readonly CompiledRule[] {
  return compiled.latchingRules.filter(
    (entry) => (entry.rule.changedAt ?? 0) <= now && isOpen(compiled, entry, subject),
  );
}

/** Whether the user may still earn a latching rule: not unlocked, not revoked, and with a rollout that includes the user. */
function isOpen(compiled: CompiledFlag, entry: CompiledRule, subject: Subject): boolean {
  const standing = subject.user.ledger.get(compiled.flag.id)?.get(entry.rule.id);
  if (standing?.state === 'REVOKED' || countsAsUnlocked(entry, standing)) return false;
  return rolloutIncludes(compiled, entry, subject);
}

function holds(entry: CompiledRule, subject: Subject, now: number): boolean {
  return entry.conditions.test(withNow(subject, now));
}
