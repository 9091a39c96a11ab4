import { type SubjectFor, subjectOf } from '../deciding/subject.js';
import { countsAsUnlocked } from '../deciding/unlocks.js';
import { withNow } from '../facts/fact-record.js';
import type { CompiledFlag, CompiledRule, Snapshot } from '../snapshot/snapshot.js';
import { foldLedger } from '../states/ledger.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import { leadOn, type NewUnlock, placesOf } from './latch.js';

export interface RelockInput {
  readonly snapshot: Snapshot;
  /** The user before and after something that was counted has been taken back, with the same ledger. */
  readonly before: UserState;
  readonly after: UserState;
  readonly organization: OrganizationState | undefined;
  /** The instant as of which the user is judged. */
  readonly at: number;
  /** When what is taken back had come: what was unlocked before that cannot rest on it. */
  readonly cameAt: number;
  /** The keys of the flags whose rules are judged; undefined for all. Flags that read an unlock which is taken are judged, too. */
  readonly among: ReadonlySet<string> | undefined;
  readonly subjectFor?: SubjectFor;
}

export interface Relocked {
  /** The user without these unlocks; the same object where there are none. */
  readonly user: UserState;
  readonly taken: readonly NewUnlock[];
}

/**
 * Finds the unlocks that are taken when something that was counted is taken back: of rules that relock on a reversal and do not hold
 * without it. Where it came after the unlock, the unlock may rest on what time has carried away since, and is taken only where the rule
 * still held with it. What was granted stays.
 */
export function relock({
  snapshot,
  before,
  after,
  organization,
  at,
  cameAt,
  among,
  subjectFor,
}: RelockInput): Relocked {
  let current = after;
  const taken: NewUnlock[] = [];
  const places = placesOf(snapshot, among ?? new Set(snapshot.latching.map(({ flag }) => flag.key)));
  for (let i = 0; i < places.length; i++) {
    const compiled = snapshot.latching[places[i]!]!;
    const standing = relocking(compiled, current);
    if (standing.length === 0) continue;
    const subject = (subjectFor ?? subjectOf)(snapshot, current, organization, compiled);
    const lost = standing.filter((entry) => {
      const when = Math.max(at, entry.rule.changedAt ?? 0);
      if (entry.conditions.test(withNow(subject, when))) return false;
      const { earnedAt } = current.ledger.get(compiled.flag.id)!.get(entry.rule.id)!;
      return cameAt <= earnedAt || entry.conditions.test(withNow(subjectOf(snapshot, before, organization), when));
    });
    if (lost.length === 0) continue;
    for (const entry of lost) taken.push({ compiled, entry });
    const entries = lost.map(({ rule }) => ({
      flagId: compiled.flag.id,
      ruleId: rule.id,
      ruleVersion: rule.version,
      kind: 'relocked' as const,
      earnedAt: at,
    }));
    current = { ...current, ledger: foldLedger(entries, current.ledger) };
    leadOn(snapshot, places, i);
  }
  return { user: current, taken };
}

/** The flag's rules that the user has unlocked, and that relock. */
function relocking({ flag, latchingRules }: CompiledFlag, { ledger }: UserState): readonly CompiledRule[] {
  const standings = ledger.get(flag.id);
  if (standings === undefined) return [];
  return latchingRules.filter((entry) => {
    const standing = standings.get(entry.rule.id);
    return entry.rule.onReversal === 'RELOCK' && standing?.state === 'UNLOCKED' && countsAsUnlocked(entry, standing);
  });
}
