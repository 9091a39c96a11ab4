/**
 * By which attributes users are found is a setting, which is a part of the configuration. Whoever writes a user does so by the setting
 * that they have confirmed. Where it has changed, users who are not written meanwhile are brought to it one after the other.
 */
export interface SearchFill {
  /** Whether all users are found by the present setting. */
  isComplete(): Promise<boolean>;
  /** How many of the users' partitions are through, in their order; all where it is complete. */
  partitionsDone(): Promise<number>;
  /**
   * Brings the next users to the present setting, `limit` at most, and notes how far it is in the same transaction: it can be stopped
   * anywhere, and goes on there. Locks them meanwhile, and waits for none of them while it has another. Gives whether there is more to do;
   * false, too, where another server is at it.
   */
  step(limit: number): Promise<boolean>;
}
