import type { KnownDays } from '../core/facts/known-days.js';

/** From which day on days of actions are kept, in days since 1970: what was before has gone, or may go at any time. */
export interface KeptDays {
  /** Of the actions that some rule windows. */
  readonly windowed: ReadonlyMap<string, number>;
  /** Of every other action. */
  readonly others: number;
}

/** The days on which users did each action. */
export interface DayStore {
  /** Since when they are known. */
  known(): Promise<KnownDays>;
  /** Drops days from before those that {@link DayWriter.keepFrom} gave, `limit` rows at most; gives how many. Called again until 0. */
  purge(kept: KeptDays, limit: number): Promise<number>;
}

export interface DayWriter extends Pick<DayStore, 'known'> {
  /**
   * Notes from which days on days are to be kept, before any others are dropped; gives from which they are kept from now on, which
   * never goes back: dropped days do not come back where more are to be kept than before. An action that is windowed only now is
   * known from where the others were kept until now. The configuration must be confirmed.
   */
  keepFrom(wanted: KeptDays): Promise<KeptDays>;
  /** Notes that these actions count for organizations from an instant on. The configuration must be locked. */
  countForOrganizations(actions: readonly string[], since: number): Promise<void>;
}
