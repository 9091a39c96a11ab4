import type { Earner } from '../core/states/user-state.js';
import { isOrganizationPartition } from '../core/values/partition.js';
import type { Page, PageRequest } from './page.js';
import type { UserCursor } from './user-pages.js';

/** What started a backfill: a change of the flag, a segment, the stages, an organization or its roles, or an operator by hand. */
export type BackfillReason =
  | 'flag'
  | 'segment'
  | 'stages'
  | 'action'
  | 'organization'
  | 'roles'
  | 'time_zone'
  | 'manual';

/**
 * How far a backfill is. `pending`: no worker has begun it. `running`: a worker has, which may have been killed since.
 * `superseded`: the flag was changed again, and another backfill took its place.
 */
export type BackfillState = 'pending' | 'running' | 'done' | 'cancelled' | 'superseded';

export interface NewBackfill {
  /** `bkf_…` */
  readonly id: string;
  readonly flagId: string;
  /** Whose users it looks at; '' for all users. */
  readonly organizationId: string;
  readonly reason: BackfillReason;
  /** The configuration's revision that started it: a worker must have that one, or a later one. */
  readonly revision: number;
  readonly createdAt: number;
}

export interface Backfill extends NewBackfill {
  readonly state: BackfillState;
  /** The users, or all users and the organizations, up to here are done. */
  readonly cursor: UserCursor;
  /** How many users, and organizations, there are to look at; undefined before a worker has begun. */
  readonly total?: number;
  /** How many users, and organizations, have been looked at. */
  readonly done: number;
  /** How many unlocks it has recorded. */
  readonly unlocked: number;
  /** How many unlocks it has recorded as relocked, since they no longer count. */
  readonly relocked: number;
  /** How many users could not be brought up to date. */
  readonly failed: number;
  /** For how long it has been worked on, in milliseconds. */
  readonly busyMs: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

/** Whom a backfill looks at: organizations come after all users. */
export function subjectOf({ cursor }: Pick<Backfill, 'cursor'>): Earner {
  return isOrganizationPartition(cursor.partition) ? 'organization' : 'user';
}

export interface BackfillFilter {
  readonly flagId?: string;
  /** Only those that are pending or running. */
  readonly unfinished?: boolean;
}

export interface UnfinishedBackfills {
  readonly items: readonly Backfill[];
  readonly count: number;
}

export interface BackfillReader {
  get(id: string): Promise<Backfill | undefined>;
  /** Newest first. */
  list(page: PageRequest, filter: BackfillFilter): Promise<Page<Backfill>>;
  /**
   * Those that have not ended: the running ones, then the pending ones, each in the order in which they were started, `limit` of a kind
   * at most; with how many there are, of which no more than `countTo` are counted.
   */
  unfinished(limit: number, countTo: number): Promise<UnfinishedBackfills>;
  /** Drops backfills that ended before this instant, the oldest first and `limit` at most. Gives how many. */
  purge(before: number, limit: number): Promise<number>;
}

export interface BackfillClaim {
  /** A name for the worker, which it keeps while its process lives. */
  readonly worker: string;
  readonly now: number;
  /** Until when no other worker may take what is claimed. */
  readonly leasedUntil: number;
}

export interface BackfillStep {
  readonly worker: string;
  /** How many users were looked at in this step, and how many of them failed. */
  readonly done: number;
  readonly failed: number;
  readonly busyMs: number;
  /** Where the next step begins; undefined where this was the last, so that the backfill is done at `now`. */
  readonly cursor: UserCursor | undefined;
  readonly now: number;
}

/** Changes of backfills, in a transaction. Their rows are locked last, after the configuration's revision. */
export interface BackfillWriter {
  /**
   * Starts backfills. Unfinished ones of the same flags are superseded, except those of other organizations. With `unlessPending` none is
   * superseded, and none started where one of the flag is pending that looks at these users: that begins after this transaction.
   */
  start(backfills: readonly NewBackfill[], unlessPending?: boolean): Promise<void>;
  /** Cancels a backfill that is unfinished; gives it as it is then, undefined when there is none of that id. */
  cancel(id: string, now: number): Promise<Backfill | undefined>;
  /**
   * Claims the oldest unfinished backfill that no other worker has claimed, and with it those of the same organization that
   * are just as far: one look at a user serves them all. A worker that calls again renews its claim. Gives none when there
   * is nothing to work on.
   */
  claim(claim: BackfillClaim): Promise<readonly Backfill[]>;
  /** Prolongs this worker's claim. */
  renew(claim: Pick<BackfillClaim, 'worker' | 'leasedUntil'>): Promise<void>;
  /** Notes how many users there are to look at. */
  setTotal(ids: readonly string[], total: number): Promise<void>;
  /** Adds to the numbers of entries recorded, in the transaction that records them, so that none counts twice. */
  count(
    counts: readonly { readonly id: string; readonly unlocked: number; readonly relocked: number }[],
  ): Promise<void>;
  /** Moves those on that are still running and claimed by this worker; gives their ids. */
  advance(ids: readonly string[], step: BackfillStep): Promise<readonly string[]>;
}
