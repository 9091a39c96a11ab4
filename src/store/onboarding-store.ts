import type { Page, PageRequest } from './page.js';

/** How far users have come in onboarding: counts that are kept up in the transactions that change them. */
export interface OnboardingStore {
  /**
   * How many users have reached each of these stages, and so on, exactly, as is committed when it is called. Sums at most 16 rows for each
   * counter; how many users there are, and how many other stages, does not matter. What nobody has reached is left out.
   */
  counts(request: StageCountsRequest): Promise<readonly StageCount[]>;
  /** The stages that an organization's members, or with '' any users, are counted in, by name: `limit` at most, by a step each. */
  stagesCounted(organizationId: string, limit: number): Promise<readonly string[]>;
  /** Whether all are counted who had reached a stage before stages were counted. */
  isWhole(): Promise<boolean>;
  /**
   * Counts some of those who had reached a stage before stages were counted: at most `limit` users, in the order of their keys, in one
   * transaction that locks them. Gives whether there may be more. Several may do it at once; what was begun goes on where it was left.
   */
  countSome(limit: number): Promise<boolean>;
  /** Users who have been in a stage since before an instant, those first who have been there for longest. */
  stuck(request: StuckRequest): Promise<Page<StuckUser>>;
  /** How many these are, up to `limit`. */
  countStuck(request: Omit<StuckRequest, 'after'>): Promise<number>;
  /** How many of each organization's members have come how far, of those organizations and stages alone that are named, all weeks together. */
  breakdown(request: BreakdownRequest): Promise<ReadonlyMap<string, readonly StageReach[]>>;
}

export interface BreakdownRequest {
  readonly organizationIds: readonly string[];
  readonly stages: readonly string[];
}

/** How far users have come, without how long that took. What nobody has reached is left out. */
export type StageReach = Pick<StageCount, 'stage' | 'reached' | 'now'>;

export interface StageCountsRequest {
  /** Of an organization's members alone; '' for everybody. */
  readonly organizationId: string;
  /**
   * Who joined in these weeks (see `weekNumber`), both included and each apart; `all` takes everybody together, `unknown` those of whom
   * nobody has said when they joined.
   */
  readonly joined: 'all' | 'unknown' | { readonly from: number; readonly to: number };
  /** These stages alone. */
  readonly stages: readonly string[];
}

export interface StageCount {
  /** The week of joining; undefined for all together, and for the unknown ones. */
  readonly week: number | undefined;
  readonly stage: string;
  /** Users who ever reached it. */
  readonly reached: number;
  /** Users who are in it. */
  readonly now: number;
  /** First stays that have ended, by the bucket of how long they were; see `durationBucket`. */
  readonly stays: ReadonlyMap<number, number>;
}

export interface StuckRequest extends PageRequest {
  readonly stage: string;
  /** Of an organization's members alone; '' for everybody. */
  readonly organizationId: string;
  /** In epoch milliseconds: those alone who entered the stage at this instant or before. */
  readonly enteredBy: number;
}

export interface StuckUser {
  readonly userId: string;
  readonly organizationId: string;
  /** Since when, in epoch milliseconds. */
  readonly enteredAt: number;
}
