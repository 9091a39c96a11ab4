import { type CountedEvent, countEvents } from '../core/counting/count-events.js';
import type { DerivedCounting } from '../core/counting/derived-counting.js';
import { withoutActions } from '../core/counting/recount.js';
import { restarted } from '../core/counting/since-unlock.js';
import { subjectsByFlag } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';
import { type JudgingIndex, judgingIndex } from '../core/unlocking/judging-index.js';
import { latch, nextLatchAt, nextRuleChange, timeCanLatch } from '../core/unlocking/latch.js';
import { forgottenUnlocks } from '../core/unlocking/ledger-change.js';
import { type Relocked, relock } from '../core/unlocking/relock.js';
import { changedStandings, flagsOfLedger } from '../core/unlocking/touched-flags.js';
import type { NewEvent } from '../store/event-store.js';
import type { UserLedgerEntry } from '../store/user-store.js';
import { catchUp, unlockEntries } from './catch-up.js';
import type { Happening } from './derive-events.js';
import { type Flags, ofUser, withEntries } from './judge-user.js';
import { nextTimer } from './next-timer.js';

export interface EventCourseOptions {
  readonly before: UserState;
  readonly happenings: readonly Happening[];
  /** The user with all of the events counted; undefined where what they count as depends on what they unlock. */
  readonly counted: UserState | undefined;
  /** Tells what events count as by the ledger; undefined where none does. */
  readonly counting: DerivedCounting | undefined;
  /** The keys of the flags by which the user may not have been judged yet; undefined for all flags. */
  readonly unsettled: Flags;
  readonly snapshot: Snapshot;
  readonly organization: OrganizationState | undefined;
  /** When the user's timer is due; undefined where there is none. */
  readonly dueAt: number | undefined;
  /** The present instant, at which what is found is recorded. */
  readonly now: number;
}

/**
 * What becomes of a user from event to event. Each step depends on the user's state, the instant as of which it was written last,
 * the timer, and the event, all of which are stored at the end of a transaction: so the steps are the same in however many
 * transactions they are made.
 */
export class EventCourse {
  /** The instant as of which the user was judged last. */
  at: number;
  /** When time alone could next unlock something; Infinity for never. */
  dueAt: number;
  readonly entries: UserLedgerEntry[] = [];
  /** Those of the entries that no event was the cause of. */
  readonly byTime: LedgerEntry[] = [];
  /** When the first timer was due that was fired; undefined where none was. */
  firedAt: number | undefined;
  /** The actions of which all that was counted is forgotten. */
  forgotten: ReadonlySet<string> = NO_ACTIONS;
  /** By how many flags the user was judged, those of every event taken together. */
  looks = 0;
  /** All that the events count as that were taken, in their order. */
  readonly counts: CountedEvent[] = [];

  readonly #options: EventCourseOptions;
  readonly #index: JudgingIndex;
  readonly #timed: boolean;
  readonly #subjectFor = subjectsByFlag();
  #user: UserState;
  #unsettled: Flags;
  /** How many events have been taken, and how much of what they count as the state has counted. */
  #taken = 0;
  #counted = 0;

  constructor(options: EventCourseOptions) {
    const { before, unsettled, snapshot, dueAt } = options;
    this.#options = options;
    this.#index = judgingIndex(snapshot);
    this.#timed = timeCanLatch(snapshot);
    this.#user = before;
    this.#unsettled = unsettled;
    this.at = Math.max(before.writtenAt ?? 0, before.deletedAt ?? 0);
    this.dueAt = dueAt ?? Infinity;
  }

  /** Lets the next event happen. An event that no rule waits for is counted later on: neither it nor its place can matter. */
  take({ event, counts: known, original }: Happening): void {
    this.at = Math.max(this.at, event.receivedAt);
    const unsettled = this.#taken === 0 ? this.#firstOf(this.#unsettled) : this.#index.unsettled;
    const due = this.dueAt <= this.at;
    if (due) this.#passTime(this.at, unsettled);
    this.#taken += 1;
    const more = this.#options.counting?.sinceUnlocks(event, this.#user.ledger) ?? NOTHING;
    const counts = more.length === 0 ? known : [...known, ...more];
    for (const one of counts) this.counts.push(one);
    const touched = this.#touchedBy(counts);
    if (!due && unsettled !== undefined && unsettled.size + touched.size === 0) return;

    const { snapshot, organization } = this.#options;
    const [before, dueAt] = [this.#user, this.dueAt];
    this.#count();
    const relocked =
      original === undefined ? NO_FLAGS : this.#relock(before, { original, touched }, causeOfEvent(event));
    const open = due ? unsettled?.union(this.#index.latchingByTimeKeys) : unsettled;
    const changed = relocked.size === 0 ? touched : touched.union(relocked);
    const among = open?.size === 0 ? changed : open?.union(changed);
    const earned = this.#judge(among, causeOfEvent(event));
    if (!this.#timed) return;
    const everything = due || unsettled === undefined || unsettled.size > 0 || dueAt !== this.dueAt;
    this.dueAt = nextTimer({
      ...{ snapshot, dueAt: this.dueAt, now: this.at, subjectFor: this.#subjectFor },
      ...{ before: { user: before, organization }, after: { user: this.#user, organization } },
      touched: everything ? undefined : among!.union(earned),
    });
  }

  /** The user after all events that were taken. */
  end(): UserState {
    this.#count();
    return this.#user;
  }

  /** What the first event finds: unlocks that RELOCK made void are taken, so that what is earned again is recorded after them. */
  #firstOf(unsettled: Flags): Flags {
    const { snapshot, now } = this.#options;
    const forgotten = forgottenUnlocks(snapshot, this.#user.ledger);
    if (forgotten.length === 0) return unsettled;
    const entries = forgotten.map((one): LedgerEntry => {
      const rule = snapshot.flagsById.get(one.flagId)?.flag.rules.find(({ id }) => id === one.ruleId);
      const stamp = { earnedAt: rule?.changedAt ?? this.at, recordedAt: now, cause: { type: 'backfill' } } as const;
      return { ...one, kind: 'relocked', ...stamp };
    });
    this.#user = withEntries(this.#user, entries);
    this.byTime.push(...entries);
    this.entries.push(...ofUser(this.#user.id, entries));
    return unsettled?.union(flagsOfLedger(snapshot, new Set(forgotten.map(({ flagId }) => flagId))));
  }

  /** Unlocks what time had unlocked up to an instant, with all events counted that came before. */
  #passTime(until: number, unsettled: Flags): void {
    if (this.dueAt > until) return;
    this.#count();
    const { snapshot, organization, now } = this.#options;
    this.firedAt ??= this.dueAt;
    const past = catchUp({
      ...{ snapshot, user: this.#user, organization, dueAt: this.dueAt, until, now, subjectFor: this.#subjectFor },
      among: unsettled?.union(this.#index.latchingByTimeKeys),
    });
    this.#user = past.user;
    this.byTime.push(...past.entries);
    this.entries.push(...past.entries);
    this.dueAt = past.dueAt;
  }

  /**
   * Takes the unlocks that do not hold without the event that was taken back. Gives the flags whose standing has changed, with those
   * that read it.
   */
  #relock(
    before: UserState,
    { original, touched }: { readonly original: { readonly receivedAt: number }; readonly touched: Flags },
    cause: Cause,
  ): ReadonlySet<string> {
    const { snapshot, organization, now } = this.#options;
    const { user, taken } = relock({
      ...{ snapshot, before, after: this.#user, organization, at: this.at, cameAt: original.receivedAt },
      ...{ among: touched, subjectFor: this.#subjectFor },
    });
    if (taken.length === 0) return NO_FLAGS;
    this.entries.push(...relockEntries(user.id, taken, { earnedAt: this.at, recordedAt: now, cause }));
    const flagIds = new Set(taken.map(({ compiled }) => compiled.flag.id));
    // What counts since an unlock goes with it.
    this.forgotten = restarted(snapshot.derivations, { flagIds, before: this.#user.ledger, after: user.ledger });
    this.#user = this.forgotten.size === 0 ? user : withoutActions(user, this.forgotten);
    const readers = [...this.forgotten].flatMap((action) => [...this.#index.latchingByAction(action)]);
    return flagsOfLedger(snapshot, flagIds).union(new Set(readers));
  }

  /**
   * Judges the user by these flags: as of the event, and by rules that were changed since as of their change. Gives the flags whose
   * standing has changed, with those that read it.
   */
  #judge(among: Flags, cause: Cause): ReadonlySet<string> {
    const { snapshot, organization } = this.#options;
    const looking = { subjectFor: this.#subjectFor };
    const { ledger } = this.#user;
    const earned = (): ReadonlySet<string> =>
      this.#user.ledger === ledger ? NO_FLAGS : flagsOfLedger(snapshot, changedStandings(ledger, this.#user.ledger));
    let at = this.at;
    this.#latch(among, at, cause);
    for (;;) {
      const judged = this.#user;
      const options = { among: among?.union(earned()), ...looking };
      const change = nextRuleChange(snapshot, judged, organization, at, options);
      if (change === Infinity) return earned();
      // What the event has set going may be due before the change.
      this.dueAt = Math.min(this.dueAt, nextLatchAt(snapshot, judged, organization, at, options));
      at = change;
      this.#passTime(at, among);
      this.#latch(options.among, at, cause);
      if (this.#user !== judged) this.at = at;
    }
  }

  /** Judges the user as of an instant. */
  #latch(among: Flags, at: number, cause: Cause): void {
    const { snapshot, organization, now } = this.#options;
    this.looks += (among ?? snapshot.flags).size;
    const { user, unlocks } = latch(snapshot, this.#user, organization, at, { among, subjectFor: this.#subjectFor });
    this.entries.push(...unlockEntries(user.id, unlocks, { earnedAt: at, recordedAt: now, cause }));
    this.#user = user;
  }

  /** The flags that latch by what an event counts as. */
  #touchedBy(counts: readonly CountedEvent[]): ReadonlySet<string> {
    const [only] = counts;
    if (counts.length === 1) return this.#index.latchingByAction(only!.action);
    return new Set(counts.flatMap(({ action }) => [...this.#index.latchingByAction(action)]));
  }

  /** Brings the state up to the events that were taken. */
  #count(): void {
    const { happenings, counted, snapshot } = this.#options;
    if (this.#counted === this.counts.length) return;
    const isAll = this.#counted === 0 && this.#taken === happenings.length;
    const { actions, actionDays } =
      isAll && counted !== undefined
        ? counted
        : countEvents(this.#user, this.counts.slice(this.#counted), snapshot).after;
    const { dayZone } = happenings[this.#taken - 1]!.event;
    this.#user = { ...this.#user, actions, actionDays, ...(dayZone === undefined ? {} : { dayZone }) };
    this.#counted = this.counts.length;
  }
}

/** All that some events count as, in their order. */
export function countsOf(happenings: readonly Happening[]): readonly CountedEvent[] {
  return happenings.flatMap(({ counts }) => counts);
}

/** The ledger's entries for unlocks that are taken. */
export function relockEntries(
  userId: string,
  taken: Relocked['taken'],
  stamp: Pick<UserLedgerEntry, 'earnedAt' | 'recordedAt' | 'cause'>,
): readonly UserLedgerEntry[] {
  return unlockEntries(userId, taken, stamp).map((entry) => ({ ...entry, kind: 'relocked' }));
}

export function causeOfEvent({ source, id, action, reverses, contributor }: NewEvent): Cause {
  return {
    ...{ type: 'event', source, eventId: id, action },
    ...(reverses === undefined ? {} : { reverses: { source: reverses.source, id: reverses.id } }),
    ...(contributor === undefined ? {} : { contributor }),
  };
}

const NO_FLAGS: ReadonlySet<string> = new Set<string>();
const NO_ACTIONS: ReadonlySet<string> = new Set<string>();
const NOTHING: readonly never[] = [];
