import type { AccessRow } from '../core/flags/flag.js';
import type { LedgerEntry } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { ActionTotal, UserState } from '../core/states/user-state.js';
import type { JsonObject } from '../core/values/json.js';
import type { Page, PageRequest } from './page.js';

/** Loads what evaluations read, many at once; each state is one consistent read, never a torn one. */
export interface StateReader {
  /** One entry per id asked for: the unknown user's state where nothing is stored. At most 500 ids. */
  users(ids: readonly string[]): Promise<ReadonlyMap<string, UserState>>;
  /** Likewise for organizations. At most 500 ids. */
  organizations(ids: readonly string[]): Promise<ReadonlyMap<string, OrganizationState>>;
}

/** What is kept about a user for people to read, not for evaluations. */
export interface UserHistory {
  /** The user's ledger, oldest first. */
  ledger(userId: string, page: PageRequest): Promise<Page<LedgerEntry>>;
  /** Every change of stage with its instant, oldest first, repeats included. */
  progress(userId: string, page: PageRequest): Promise<Page<StageChange>>;
  /** A flag's entries in the ledgers of all users, by when they were recorded; those of one user in their order. */
  flagLedger(flagId: string, page: PageRequest, order: LedgerOrder): Promise<Page<UserLedgerEntry>>;
  /** What users who were deleted had, all together. */
  deletedTotals(): Promise<DeletedTotals>;
}

export type LedgerOrder = 'oldest' | 'newest';

/** Anonymous: sums over everybody who was ever deleted. */
export interface DeletedTotals {
  readonly users: number;
  /** By flag id: how often its rules were unlocked. */
  readonly unlocks: ReadonlyMap<string, number>;
  /** By action. */
  readonly actions: ReadonlyMap<string, { readonly count: number; readonly sum: number }>;
}

export interface StageChange {
  readonly stage: string;
  readonly changedAt: number;
}

/** Changes of users. All of them ask for the user's lock first. */
export interface UserWriter {
  /**
   * Locks these users, in (partition, id) order, until the transaction ends; users of whom nothing is stored get their
   * row (revision 0), so that there is something to lock. Then reads their states, as of after the locks.
   */
  lock(ids: readonly string[]): Promise<ReadonlyMap<string, UserState>>;
  /** Replaces organization, roles, joined_at, email_verified and attributes. */
  putProfiles(profiles: readonly UserProfile[]): Promise<void>;
  /** Sets the present stage, adds to the history, and to the stages reached when it is new. */
  putStage(userId: string, change: StageChange): Promise<void>;
  /** Users' rows (userId not empty): inserts, or replaces effect and enabled by key. */
  putAccess(rows: readonly AccessRow[]): Promise<void>;
  /** Drops rows by key; true for each that was there. */
  dropAccess(rows: readonly AccessRow[]): Promise<readonly boolean[]>;
  /** Writes totals as they now are: inserts or replaces by (user, action). */
  putTotals(totals: readonly UserActionTotal[]): Promise<void>;
  /** Adds to the days' counts and sums. */
  addDays(days: readonly UserActionDay[]): Promise<void>;
  /** Appends to the ledger, in the given order within a user. */
  appendLedger(entries: readonly UserLedgerEntry[]): Promise<void>;
  /** Raises each user's revision by one. */
  advance(ids: readonly string[]): Promise<void>;
  /**
   * Removes what is stored about a user, their events in the inbox included, and adds what was counted to the totals of
   * deleted users. At most `limit` rows go; gives how many did: fewer than the limit, and none is left. The user's own
   * row stays, without anything but its revision and `at`, so that revisions never go back.
   */
  remove(userId: string, removal: { readonly at: number; readonly limit: number }): Promise<number>;
  /** Counts a user among those deleted. */
  countDeleted(): Promise<void>;
}

export interface UserProfile {
  readonly userId: string;
  readonly organizationId: string;
  readonly roles: readonly string[];
  readonly joinedAt?: number;
  readonly emailVerified: boolean;
  readonly attributes: JsonObject;
}

export interface UserActionTotal extends ActionTotal {
  readonly userId: string;
  readonly action: string;
}

export interface UserActionDay {
  readonly userId: string;
  readonly action: string;
  readonly day: number;
  readonly count: number;
  readonly sum: number;
}

export interface UserLedgerEntry extends LedgerEntry {
  readonly userId: string;
}

/** The next instant at which time alone could make a latching rule true for a user. One row a user at most. */
export interface UserTimer {
  readonly userId: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
}

export interface TimerWriter {
  /** Sets each user's timer, or drops it where `dueAt` is undefined. The users are locked. */
  put(timers: readonly { readonly userId: string; readonly dueAt: number | undefined }[]): Promise<void>;
  /** Of these users, those whose timer is due at or before that instant, each with when it is due. They are locked. */
  overdue(userIds: readonly string[], at: number): Promise<ReadonlyMap<string, number>>;
}

export interface TimerReader {
  /** Timers due at or before that instant, soonest first. */
  due(at: number, limit: number): Promise<readonly UserTimer[]>;
}
