import { passingSubject } from '../deciding/subject.js';
import { countsAsUnlocked } from '../deciding/unlocks.js';
import { type FactRecord, type FactSlot, withNow } from '../facts/fact-record.js';
import type { CompiledFlag, CompiledRule, Snapshot } from '../snapshot/snapshot.js';
import type { Ledger, Standing } from '../states/ledger.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import { type RequirementNode, requirementTrees } from './compile-requirement.js';

/** An unlock in a user's ledger that counts. */
export interface StandingUnlock {
  readonly compiled: CompiledFlag;
  readonly entry: CompiledRule;
  readonly standing: Standing;
}

/** A change of when a user joined. */
export interface JoiningChanged {
  readonly snapshot: Snapshot;
  /** The user with the instant that is no longer held for true. */
  readonly before: UserState;
  /** The user as stored now. */
  readonly after: UserState;
  readonly organization: OrganizationState | undefined;
  readonly now: number;
}

const JOINING: ReadonlySet<string> = new Set(['daysSinceJoin', 'hoursSinceJoin']);
const UNLOCKED: ReadonlySet<string> = new Set(['unlocked']);

/** An instant by which everybody has joined long ago. */
const LONG_AGO = 0;

/**
 * The user's unlocks that rest on when the user was said to have joined, and that are not earned by what is stored now: the rule
 * holds neither at present nor did it when it was unlocked, and by another instant of joining it would have. Which instant it was
 * unlocked by is not known, where it has been corrected before. Unlocks that rest on those follow them.
 */
export function unlocksOfJoining(change: JoiningChanged): readonly StandingUnlock[] {
  const { snapshot, before, after, organization, now } = change;
  const recordOf = (user: UserState, at: number) => withNow(passingSubject(snapshot, user, organization), at);
  const present = recordOf(after, now);
  const unlocks = standingUnlocks(snapshot, after.ledger);
  const resting = new Set(
    unlocks.filter(({ compiled, entry, standing: { earnedAt } }) => {
      if (!reads(entry, snapshot, JOINING)) return false;
      const { test } = entry.conditions;
      const then = withNow(present, earnedAt);
      if (test(present) || test(then)) return false;
      const tree = requirementTrees(snapshot, compiled)[compiled.rules.indexOf(entry)]!;
      const joined = (joinedAt: number): boolean => test(recordOf({ ...after, joinedAt }, earnedAt));
      return differs(tree, recordOf(before, earnedAt), then) || joined(LONG_AGO) || joined(earnedAt);
    }),
  );
  const led = unlocks.filter(({ entry }) => reads(entry, snapshot, UNLOCKED) && entry.conditions.test(present));
  for (let known = 0; known < resting.size; ) {
    known = resting.size;
    const user = { ...after, ledger: withoutUnlocks(after.ledger, resting) };
    const without = recordOf(user, now);
    for (const unlock of led) if (!unlock.entry.conditions.test(without)) resting.add(unlock);
  }
  return [...resting];
}

function standingUnlocks(snapshot: Snapshot, ledger: Ledger): readonly StandingUnlock[] {
  return [...ledger].flatMap(([flagId, standings]) => {
    const compiled = snapshot.flagsById.get(flagId);
    if (compiled === undefined || compiled.flag.archived) return [];
    return compiled.rules.flatMap((entry) => {
      if (entry.byOrganization) return [];
      const standing = standings.get(entry.rule.id);
      return standing?.state === 'UNLOCKED' && countsAsUnlocked(entry, standing) ? [{ compiled, entry, standing }] : [];
    });
  });
}

function reads({ conditions }: CompiledRule, { slots }: Snapshot, facts: ReadonlySet<string>): boolean {
  return [...conditions.slotsRead].some((index) => facts.has(slots.at(index).definition.name));
}

/** Whether any comparison that reads when the user joined comes out differently for the two records. */
function differs(node: RequirementNode, a: FactRecord, b: FactRecord): boolean {
  if (node.kind !== 'comparison') return node.children.some((child) => differs(child, a, b));
  const isJoining = ({ definition }: FactSlot): boolean => JOINING.has(definition.name);
  if (!isJoining(node.fact) && !('fact' in node.target && isJoining(node.target.fact))) return false;
  return node.test(a) !== node.test(b);
}

function withoutUnlocks(ledger: Ledger, unlocks: Iterable<StandingUnlock>): Ledger {
  const left = new Map([...ledger].map(([flagId, standings]) => [flagId, new Map(standings)]));
  for (const { compiled, entry } of unlocks) left.get(compiled.flag.id)?.delete(entry.rule.id);
  return left;
}
