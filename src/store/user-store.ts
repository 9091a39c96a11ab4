import type { SaidEvent } from '../core/counting/derivations.js';
import type { CountedValue, UserDistinctValue } from '../core/counting/distinct-values.js';
import type { UserSpans } from '../core/counting/sequences.js';
import type { Span } from '../core/counting/take-back.js';
import type { AccessRow } from '../core/flags/flag.js';
import type { DayZone } from '../core/states/day-zone.js';
import type { EventName, LedgerEntry } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { ActionDay, ActionNames, UserActionDay, UserActionTotal, UserState } from '../core/states/user-state.js';
import type { JsonObject } from '../core/values/json.js';
import type { KeptEvent } from './event-store.js';
import type { Page, PageRequest } from './page.js';

/** Loads what evaluations read, for many users or organizations at once. Each state is as it was at one instant. */
export interface StateReader {
  /**
   * One entry per id asked for: the unknown user's state where nothing is stored. At most 500 ids. Days are read of the actions
   * `daysOf`, which each state then names; of every action when it is left out.
   */
  users(ids: readonly string[], daysOf?: ActionNames): Promise<ReadonlyMap<string, UserState>>;
  /**
   * Likewise for organizations. At most 500 ids. What they have earned is read where `earnerDaysOf` is given, with the days of these
   * actions: then each state has its `earner`, which is as new as the rest of it, or newer.
   */
  organizations(ids: readonly string[], earnerDaysOf?: ActionNames): Promise<ReadonlyMap<string, OrganizationState>>;
}

/** What is kept about users for people to read, and not for evaluations. */
export interface UserHistory {
  /** The user's ledger, oldest first. */
  ledger(userId: string, page: PageRequest): Promise<Page<LedgerEntry>>;
  /** The ledger of an organization, likewise. */
  organizationLedger(organizationId: string, page: PageRequest): Promise<Page<LedgerEntry>>;
  /** The last 1,000 changes of stage with their instants, oldest first, repeats included. */
  progress(userId: string, page: PageRequest): Promise<Page<StageChange>>;
  /** A flag's entries in the ledgers of all users and organizations, ordered by when they were recorded. */
  flagLedger(flagId: string, page: PageRequest, order: LedgerOrder): Promise<Page<UserLedgerEntry>>;
  /** The sums of what all deleted users had. */
  deletedTotals(): Promise<DeletedTotals>;
}

export type LedgerOrder = 'oldest' | 'newest';

/** Sums over all users who were ever deleted, which name none of them. */
export interface DeletedTotals {
  readonly users: number;
  /** By flag id: how often its rules were unlocked. */
  readonly unlocks: ReadonlyMap<string, number>;
  /** By action: how often users did it, and the sum of its values. */
  readonly actions: ReadonlyMap<string, { readonly count: number; readonly sum: number }>;
}

export interface StageChange {
  readonly stage: string;
  readonly changedAt: number;
}

/** Changes of users. Each needs the user's lock. */
export interface UserWriter {
  /** Reads states without locking, and without days, as this transaction sees them: one entry per id. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, UserState>>;
  /**
   * Locks these users, in (partition, id) order, until the transaction ends; users of whom nothing is stored get their
   * row (revision 0), so that there is something to lock. Then reads their states, as of after the locks, with the days that
   * `daysOf` names, as {@link StateReader.users} does.
   */
  lock(ids: readonly string[], daysOf?: ActionNames): Promise<ReadonlyMap<string, UserState>>;
  /** Replaces organization, roles, joined_at, email_verified, attributes and time zone, and whether the users are identified. */
  putProfiles(profiles: readonly UserProfile[]): Promise<void>;
  /** When the token was issued whose claims were last written to a user; undefined where none was that says so. */
  claimsAt(userId: string): Promise<number | undefined>;
  putClaimsAt(userId: string, issuedAt: number): Promise<void>;
  /** Sets which organization alone may say who these users are. They must not be identified. */
  expect(userIds: readonly string[], organizationId: string): Promise<void>;
  /** Makes these users members of no organization. */
  leave(userIds: readonly string[]): Promise<void>;
  /** Replaces by what a user is found, the folded values by attribute, and in which organization; see `searchedValues`. */
  putSearched(
    userId: string,
    found: { readonly organizationId: string; readonly values: ReadonlyMap<string, string> },
  ): Promise<void>;
  /**
   * Notes of which organization a user is a member from an instant on. An organization of which nothing is stored gets its row as an
   * earner, so that it comes in the pages of all of them.
   */
  putMembership(userId: string, membership: Membership): Promise<void>;
  /** Of which organizations these users were members, oldest first, as far as that is known; nothing for a user who never was of any. */
  memberships(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly Membership[]>>;
  /** Sets the present stage, adds to the history, and to the stages reached when it is new. */
  putStage(userId: string, change: StageChange): Promise<void>;
  /** Users' rows (userId not empty): inserts, or replaces effect and enabled by key. */
  putAccess(rows: readonly AccessRow[]): Promise<void>;
  /** Drops rows by key; true for each that was there. */
  dropAccess(rows: readonly AccessRow[]): Promise<readonly boolean[]>;
  /** Writes totals as they now are: inserts or replaces by (user, action). */
  putTotals(totals: readonly UserActionTotal[]): Promise<void>;
  /** Sets the zone in which a user's days were counted last. */
  putDayZone(userId: string, dayZone: DayZone): Promise<void>;
  /** Adds to the days' counts and sums. */
  addDays(days: readonly UserActionDay[]): Promise<void>;
  /** Which of these values have counted for their users and actions. */
  distinctValues(values: readonly UserDistinctValue[]): Promise<KnownValues>;
  /** Notes that values have counted, for good, and by which events; also of one that has counted by another. */
  addDistinctValues(values: readonly CountedValue[]): Promise<void>;
  /** Forgets values: they may count again. */
  dropDistinctValues(values: readonly UserDistinctValue[]): Promise<void>;
  /** Forgets what was counted of users and derived actions. */
  dropCounted(of: readonly Omit<UserSpans, 'spans'>[]): Promise<void>;
  /** The spans of users and derived actions, where there are any. */
  spans(of: readonly Omit<UserSpans, 'spans'>[]): Promise<readonly UserSpans[]>;
  /** Replaces spans by user and action. */
  putSpans(spans: readonly UserSpans[]): Promise<void>;
  /** The last of a user's counted events of these actions, in the order in which they were taken. */
  lastEvents(userId: string, actions: readonly string[], limit: number): Promise<readonly SaidEvent[]>;
  /**
   * What is kept of a user's counted events of some actions, or of all: a page of at most `limit`, in the order of their keys, after the
   * event of that key.
   */
  kept(
    userId: string,
    actions: readonly string[] | undefined,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly KeptEvent[]>;
  /**
   * When the first and the last of a user's counted events occurred that are kept, of some actions, or of all, but for one event; undefined
   * where none is kept, and `many` where more than `most` would have to be looked through.
   */
  firstAndLast(userId: string, of: FirstAndLast): Promise<Span | 'many' | undefined>;
  /** The days of a user that have rows, of some actions: not of the last day of each, as long as its total holds that. */
  dayRows(userId: string, actions: readonly string[]): Promise<ReadonlyMap<string, readonly ActionDay[]>>;
  /** Takes from the days' counts and sums: the numbers that are added are below zero. A day of which nothing is left has no row. */
  takeDays(days: readonly UserActionDay[]): Promise<void>;
  /** Forgets all that was counted of these actions of a user. */
  forgetActions(userId: string, actions: readonly string[]): Promise<void>;
  /** Appends to the ledger, in the given order within a user. */
  appendLedger(entries: readonly UserLedgerEntry[]): Promise<void>;
  /** Raises each user's revision by one, and sets as of which instant the user was written: the present one where it is not said. */
  advance(ids: readonly string[], writtenAt?: ReadonlyMap<string, number>): Promise<void>;
  /**
   * Removes what is stored about a user, events in the inbox included, and adds what was counted to the totals of deleted
   * users. Removes `limit` rows at most and gives how many: where it is fewer than the limit, none are left. The user's own
   * row stays, with its revision and `at` alone, so that revisions never go back.
   */
  remove(userId: string, removal: { readonly at: number; readonly limit: number }): Promise<number>;
  /** Counts a user among those deleted. */
  countDeleted(): Promise<void>;
}

export interface FirstAndLast {
  /** Undefined for all. */
  readonly actions: readonly string[] | undefined;
  /** Those count that occurred from this instant on, in epoch milliseconds. */
  readonly occurredFrom: number;
  readonly except: EventName;
  readonly most: number;
}

/** What is known of values that were asked for. */
export interface KnownValues {
  /** Whether the value has counted. */
  has(value: UserDistinctValue): boolean;
  /** Whether it has counted by this event. */
  isBy(value: UserDistinctValue, event: EventName): boolean;
}

/** Of which organization a user is a member from an instant on, in epoch milliseconds; '' of none. */
export interface Membership {
  readonly organizationId: string;
  readonly since: number;
}

/**
 * Changes of organizations as earners: counters, ledger and timers, which are stored as those of users are, and never among them. Each
 * needs the lock of the earner, and that of the organization before it, whose revision is to be raised with it.
 */
export interface EarnerWriter
  extends Pick<
    UserWriter,
    | 'read'
    | 'lock'
    | 'putTotals'
    | 'putDayZone'
    | 'addDays'
    | 'dayRows'
    | 'takeDays'
    | 'forgetActions'
    | 'distinctValues'
    | 'addDistinctValues'
    | 'dropDistinctValues'
    | 'dropCounted'
    | 'spans'
    | 'putSpans'
    | 'lastEvents'
    | 'kept'
    | 'firstAndLast'
    | 'appendLedger'
    | 'advance'
    | 'remove'
  > {
  readonly timers: TimerWriter;
}

export interface UserProfile {
  readonly userId: string;
  readonly organizationId: string;
  readonly roles: readonly string[];
  readonly joinedAt?: number;
  readonly emailVerified: boolean;
  readonly attributes: JsonObject;
  /** Left out: none of the user's own. */
  readonly timeZone?: string;
  /** Left out: true. */
  readonly identified?: boolean;
  /** Of a user who is not identified; left out: none. */
  readonly expectedOrganization?: string;
}

export interface UserLedgerEntry extends LedgerEntry {
  readonly userId: string;
  /** Present where it is an organization's, whose id stands in place of the user's. */
  readonly earner?: 'organization';
}

/** When time alone could next make a latching rule true for a user, or for an organization that earns. A user has one timer at most. */
export interface UserTimer {
  readonly userId: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** Set where it is an organization's, whose id `userId` is. */
  readonly earner?: 'organization';
}

export interface TimerWriter {
  /** Sets each user's timer, or drops it where `dueAt` is undefined. The users must be locked. */
  put(timers: readonly { readonly userId: string; readonly dueAt: number | undefined }[]): Promise<void>;
  /** When these users' timers are due; nothing for a user without one. The users must be locked. */
  dueAt(userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface TimerReader {
  /** Timers of users and organizations due at or before that instant, soonest first: from the first one, or those that come after a timer. */
  due(at: number, limit: number, after?: UserTimer): Promise<readonly UserTimer[]>;
}
