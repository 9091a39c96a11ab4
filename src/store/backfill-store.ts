import type { Page, PageRequest } from './page.js';
import type { UserCursor } from './user-pages.js';

/** Why a flag's rules are judged anew for everybody. */
export type BackfillReason = 'flag' | 'segment' | 'stages' | 'organization' | 'manual';

/**
 * `pending`: nobody has begun. `running`: somebody has, and may have been killed since. `superseded`: the flag changed again,
 * and another backfill took its place.
 */
export type BackfillState = 'pending' | 'running' | 'done' | 'cancelled' | 'superseded';

export interface NewBackfill {
  /** `bkf_…` */
  readonly id: string;
  readonly flagId: string;
  /** Only the users of this organization; '' for everybody. */
  readonly organizationId: string;
  readonly reason: BackfillReason;
  /** Of the configuration: whoever works on it must know that one or a later one. */
  readonly revision: number;
  readonly createdAt: number;
}

export interface Backfill extends NewBackfill {
  readonly state: BackfillState;
  /** Everybody up to here is done. */
  readonly cursor: UserCursor;
  /** How many users there are to look at; undefined before anybody has begun. */
  readonly total?: number;
  /** Users looked at. */
  readonly done: number;
  /** Users' unlocks of the flag's rules that it recorded. */
  readonly unlocked: number;
  /** Unlocks that no longer count and that it took back. */
  readonly relocked: number;
  /** Users who could not be brought up to date. */
  readonly failed: number;
  /** How long it has been worked on. */
  readonly busyMs: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

export interface BackfillFilter {
  readonly flagId?: string;
  /** Only those that are pending or running. */
  readonly unfinished?: boolean;
}

export interface BackfillReader {
  get(id: string): Promise<Backfill | undefined>;
  /** Newest first. */
  list(page: PageRequest, filter: BackfillFilter): Promise<Page<Backfill>>;
}

export interface BackfillClaim {
  /** Names who works, for as long as the process lives. */
  readonly worker: string;
  readonly now: number;
  /** Until then nobody else works on what is claimed. */
  readonly leasedUntil: number;
}

export interface BackfillStep {
  readonly worker: string;
  /** Users looked at, and users who failed. */
  readonly done: number;
  readonly failed: number;
  readonly busyMs: number;
  /** Where the next step begins; undefined when there is none, and the backfill is done at `now`. */
  readonly cursor: UserCursor | undefined;
  readonly now: number;
}

/** In a transaction; rows of backfills are locked last, after the configuration's revision. */
export interface BackfillWriter {
  /** Starts these; what was unfinished of their flags is superseded, but for an organization's where another's starts. */
  start(backfills: readonly NewBackfill[]): Promise<void>;
  /** Cancels one that is unfinished; gives it as it now is, undefined when there is none. */
  cancel(id: string, now: number): Promise<Backfill | undefined>;
  /**
   * Claims the oldest unfinished backfill that nobody else works on, and with it those of the same scope that have come
   * just as far: one look at a user serves them all. Renews the claim of whoever calls again. Empty: there is none.
   */
  claim(claim: BackfillClaim): Promise<readonly Backfill[]>;
  /** Keeps what this worker has claimed. */
  renew(claim: Pick<BackfillClaim, 'worker' | 'leasedUntil'>): Promise<void>;
  /** Notes how many users there are to look at. */
  setTotal(ids: readonly string[], total: number): Promise<void>;
  /** Adds to what they recorded; in the transaction that records it, so that nothing counts twice. */
  count(
    counts: readonly { readonly id: string; readonly unlocked: number; readonly relocked: number }[],
  ): Promise<void>;
  /** Moves on those that are still running and claimed by this worker. */
  advance(ids: readonly string[], step: BackfillStep): Promise<void>;
}
