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
