import type { Flag, SinceUnlock, UnlockRead } from '../flags/flag.js';
import type { Ledger } from '../states/ledger.js';
import { ownMember } from '../values/json.js';
import { DAY_MS } from '../values/time/time.js';
import type { Derivations, SaidEvent } from './derivations.js';

/** How a flag's unlocks are read as it is now; see `countsAsUnlocked`. */
export function unlockReadOf({ key, id, rules, removedRules = [] }: Flag): UnlockRead {
  const floors = new Map<string, number | null>();
  for (const rule of removedRules) if (rule.ledgerFloor > 0) floors.set(rule.id, rule.ledgerFloor);
  for (const rule of rules) {
    if (rule.policy !== 'LATCHING') floors.set(rule.id, null);
    else if (rule.ledgerFloor > 0) floors.set(rule.id, rule.ledgerFloor);
  }
  const inOrder = [...floors].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { flagKey: key, flagId: id, floors: Object.fromEntries(inOrder) };
}

/**
 * How a flag's unlocks are read after a change of the flag: the same where that does not matter to them. A live rule that never
 * latched has none that would count.
 */
export function unlockReadAfter(read: UnlockRead, before: Flag | undefined, after: Flag): UnlockRead {
  const latched = new Set(before?.rules.flatMap(({ id, policy }) => (policy === 'LATCHING' ? [id] : [])));
  for (const { id } of before?.removedRules ?? []) latched.add(id);
  const { floors, ...flag } = unlockReadOf(after);
  const matters = ([id, floor]: readonly [string, number | null]): boolean =>
    floor !== null || latched.has(id) || ownMember(read.floors, id) === null;
  return { ...flag, floors: Object.fromEntries(Object.entries(floors).filter(matters)) };
}

/** When the first of a flag's unlocks and grants was earned that a ledger has and that count; undefined where there is none. */
export function earnedAt(ledger: Ledger, { flagId, floors }: UnlockRead): number | undefined {
  let earliest: number | undefined;
  for (const [ruleId, standing] of ledger.get(flagId) ?? []) {
    const floor = ownMember(floors, ruleId) as number | null | undefined;
    const counts =
      standing.state === 'GRANTED' ||
      (standing.state === 'UNLOCKED' && floor !== null && standing.ruleVersion >= (floor ?? 0));
    if (counts) earliest = Math.min(earliest ?? Infinity, standing.earnedAt);
  }
  return earliest;
}

/**
 * Whether an event comes after a flag was earned. It is asked of the ledger as it is when the event is taken; but none that was taken
 * before is later than what was earned since, so that a ledger says the same of it ever after: nothing occurs after it was received.
 */
export function comesAfterUnlock(
  { occurredAt, receivedAt = occurredAt }: Pick<SaidEvent, 'occurredAt' | 'receivedAt'>,
  { unlock, withinDays }: SinceUnlock,
  ledger: Ledger,
): boolean {
  const since = earnedAt(ledger, unlock);
  if (since === undefined || Math.min(occurredAt, receivedAt) <= since) return false;
  return withinDays === undefined || occurredAt <= since + withinDays * DAY_MS;
}

/** The derived actions of which what was counted goes with a change of the ledger: it is no more since the same unlock. */
export function restarted(
  derivations: Derivations,
  { flagIds, before, after }: { readonly flagIds: Iterable<string>; readonly before: Ledger; readonly after: Ledger },
): ReadonlySet<string> {
  const names = new Set<string>();
  if (!derivations.anySinceUnlock) return names;
  for (const flagId of flagIds) {
    for (const name of derivations.sinceUnlockOf(flagId)) {
      const { unlock } = derivations.all.get(name)!.since as SinceUnlock;
      if (earnedAt(before, unlock) !== earnedAt(after, unlock)) names.add(name);
    }
  }
  return names;
}
