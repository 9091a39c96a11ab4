import { withoutActions } from '../core/counting/recount.js';
import { restarted } from '../core/counting/since-unlock.js';
import type { CompiledRule, Snapshot } from '../core/snapshot/snapshot.js';
import { type Cause, foldLedger, type Ledger, type LedgerEntry, type RoleCause } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';
import { judgingIndex } from '../core/unlocking/judging-index.js';
import { latch, type NewUnlock } from '../core/unlocking/latch.js';
import { forgottenUnlocks } from '../core/unlocking/ledger-change.js';
import {
  changedStandings,
  flagsOfLedger,
  type StoredStates,
  touchedFlags,
  withRequiring,
} from '../core/unlocking/touched-flags.js';
import type { UserLedgerEntry } from '../store/user-store.js';
import { catchUp, unlockEntries } from './catch-up.js';
import { type Flips, flipsBetween, hasFlips, NO_FLIPS } from './flips.js';
import { nextTimer } from './next-timer.js';
import { readsRoles, unlocksByRole } from './role-causes.js';

/** A user whose stored state a transaction changes, or looks at again. The transaction must have locked the user. */
export interface Touched {
  /** The state when the lock was taken. */
  readonly before: UserState;
  /** The state after the change, without what judging changes (ledger, timer, revision); `before` itself where nothing changes. */
  readonly after: UserState;
  /** The cause of the change as a whole. */
  readonly cause: Cause;
  /** Entries that the change itself adds to the ledger: after unlocks by time, and before unlocks that follow from them. */
  readonly entries?: readonly LedgerEntry[];
  /** The cause of unlocks of rules that read roles, by the ids of their flags, where the roles of an organization have changed. */
  readonly causes?: ReadonlyMap<string, RoleCause>;
  /** The keys of flags by which the user may not have been judged yet: these are judged whatever changes. */
  readonly unsettled?: ReadonlySet<string>;
}

/** The configuration and the instant by which a user is judged. */
export interface Judging {
  readonly snapshot: Snapshot;
  /** The snapshot that decisions before the change rest on. */
  readonly snapshotBefore: Snapshot;
  /** The keys of the flags that the two snapshots may decide otherwise. */
  readonly reconfigured: ReadonlySet<string>;
  /** The present instant by the database's clock. */
  readonly now: number;
}

/** What else is stored by which the user is judged. */
export interface Surroundings {
  readonly organizationBefore: OrganizationState | undefined;
  readonly organization: OrganizationState | undefined;
  /** When the user's timer is due; undefined where there is none. */
  readonly dueAt: number | undefined;
}

export interface Judged {
  /** The state that is to be stored; the same object as before where nothing has changed, or the timer only. */
  readonly user: UserState;
  /** The entries to add to the ledger, in order. */
  readonly entries: readonly UserLedgerEntry[];
  /** The actions of which all that was counted is forgotten. */
  readonly forgotten?: ReadonlySet<string>;
  /** What time had flipped before this write, where the timer was due. */
  readonly flippedByTime: Flips;
  /** What this write flipped. */
  readonly flipped: Flips;
  /** When time alone could next unlock something; Infinity for never. */
  readonly dueAt: number;
  /** How many flags were decided or judged. */
  readonly flags: number;
}

/** The keys of some flags; undefined for all flags. */
export type Flags = ReadonlySet<string> | undefined;

/**
 * Judges a user: finds what they have earned, which decisions on stored state have flipped, and when time could next unlock
 * anything. It looks only at flags to which the change can matter: by any other flag the user was judged when something last
 * mattered to it. See `docs/decisions/touched-flags.md`.
 */
export function judgeUser(one: Touched, judging: Judging, around: Surroundings): Judged {
  const { snapshot, snapshotBefore, now } = judging;
  const { organizationBefore, organization } = around;
  const unsettled = unsettledFor(one, judging, around);
  const first: StoredStates = { user: one.before, organization: organizationBefore };
  // Unlocks that RELOCK made void are taken first, so that what is earned again is recorded after them.
  const voided = relocked(one.before, judging);
  const entitled = withEntries(one.before, voided);
  const past = afterTime(entitled, { ...judging, ...around, unsettled });
  const before: StoredStates = { user: past.user, organization: organizationBefore };
  const flippedByTime = flipsByTime(first, before, { ...judging, ...around, unsettled });

  const { entries: made = [] } = one;
  const { ledger } = withEntries(before.user, made);
  const flagIds = new Set(made.map(({ flagId }) => flagId));
  const forgotten = restarted(snapshot.derivations, { flagIds, before: before.user.ledger, after: ledger });
  const after = withLedger(forgotten.size === 0 ? one.after : withoutActions(one.after, forgotten), ledger);
  const touched = unsettled && touchedFlags(snapshot, first, { user: after, organization }).union(unsettled);
  const { user, unlocks } = latch(snapshot, after, organization, now, { among: touched });
  const causes = causesOf(one, unlocks, { snapshot, before, after: { user: after, organization }, now });
  const unlocked = flagsOfLedger(snapshot, new Set(unlocks.map(({ compiled }) => compiled.flag.id)));
  const concerned = touched && withRequiring(snapshot, touched.union(unlocked));
  const changed = one.after !== one.before || hasFlips(flippedByTime) || user.ledger !== one.before.ledger;
  const [was, is] = [
    { ...before, snapshot: snapshotBefore, at: now },
    { user, organization, snapshot, at: now },
  ];
  return {
    user: changed ? written(user, one.before, now) : one.before,
    entries: [
      ...ofUser(user.id, voided),
      ...past.entries,
      ...ofUser(user.id, made),
      ...unlockEntries(user.id, unlocks, { earnedAt: now, recordedAt: now, cause: one.cause }, causes),
    ],
    ...(forgotten.size > 0 && { forgotten }),
    flippedByTime,
    flipped: changed ? flipsBetween(was, is, concerned) : NO_FLIPS,
    dueAt: nextTimer({
      ...{ snapshot, before, after: is, dueAt: around.dueAt, now },
      touched: unsettled?.size === 0 ? concerned : undefined,
    }),
    flags: (concerned ?? snapshot.flags).size,
  };
}

/** The state that a write as of that instant leaves: the next one is as of no earlier instant. */
export function written(user: UserState, before: UserState, at: number): UserState {
  return { ...user, revision: before.revision + 1, writtenAt: Math.max(at, before.writtenAt ?? 0) };
}

const NO_FLAGS: ReadonlySet<string> = new Set<string>();

/**
 * The flags by which a user may not have been judged yet, whatever changes now. A new user has been judged by none, and of a
 * user who was deleted some parts may be gone. A user whose timer is due has not been judged by flags that wait for time.
 */
function unsettledFor(
  { before, unsettled = NO_FLAGS }: Touched,
  { snapshot, reconfigured, now }: Judging,
  { dueAt = Infinity }: Surroundings,
): Flags {
  if (before.revision === 0 || before.deletedAt !== undefined) return undefined;
  const index = judgingIndex(snapshot);
  const always = index.unsettled.union(unsettled).union(reconfigured);
  return dueAt > now ? always : always.union(index.latchingByTime);
}

type Passing = Pick<Judging, 'snapshot' | 'now'> & Surroundings & { readonly unsettled: Flags };

/** The user with what time has unlocked by now, where the timer was due. */
function afterTime(user: UserState, { snapshot, organizationBefore, dueAt, now, unsettled }: Passing) {
  return catchUp({ snapshot, user, organization: organizationBefore, dueAt, now, among: unsettled });
}

/** The flags that time had flipped by now, where the timer was due. */
function flipsByTime(first: StoredStates, before: StoredStates, { snapshot, dueAt, now, unsettled }: Passing): Flips {
  if (dueAt === undefined || dueAt > now) return NO_FLIPS;
  const earned = flagsOfLedger(snapshot, changedStandings(first.user.ledger, before.user.ledger));
  const among = unsettled && withRequiring(snapshot, judgingIndex(snapshot).decidedByTime.union(earned));
  return flipsBetween({ ...first, snapshot, at: dueAt - 1 }, { ...before, snapshot, at: now }, among);
}

/** The causes of unlocks that have another one than the change as a whole. */
function causesOf(
  { causes = NO_CAUSES }: Touched,
  unlocks: readonly NewUnlock[],
  { snapshot, ...states }: Parameters<typeof unlocksByRole>[2] & { readonly snapshot: Snapshot },
): ReadonlyMap<CompiledRule, Cause> {
  if (unlocks.length === 0) return NO_RULES;
  const given = unlocks.flatMap(({ compiled: { flag }, entry }) => {
    const cause = causes.get(flag.id);
    return cause === undefined || !readsRoles(snapshot, entry) ? [] : [[entry, cause] as const];
  });
  return new Map<CompiledRule, Cause>([...given, ...unlocksByRole(snapshot, unlocks, states)]);
}

const NO_CAUSES: ReadonlyMap<string, RoleCause> = new Map<string, RoleCause>();
const NO_RULES: ReadonlyMap<CompiledRule, Cause> = new Map<CompiledRule, Cause>();

export function ofUser(userId: string, entries: readonly LedgerEntry[]): readonly UserLedgerEntry[] {
  return entries.map((entry) => ({ userId, ...entry }));
}

export function withEntries(user: UserState, entries: readonly LedgerEntry[]): UserState {
  return entries.length === 0 ? user : { ...user, ledger: foldLedger(entries, user.ledger) };
}

function withLedger(user: UserState, ledger: Ledger): UserState {
  return user.ledger === ledger ? user : { ...user, ledger };
}

/** Entries for the unlocks that RELOCK has made void since the user was last judged. */
function relocked({ ledger }: UserState, { snapshot, now }: Judging): readonly LedgerEntry[] {
  const stamp = { kind: 'relocked', earnedAt: now, recordedAt: now, cause: { type: 'backfill' } } as const;
  return forgottenUnlocks(snapshot, ledger).map((forgotten) => ({ ...forgotten, ...stamp }));
}
