/** How often users did an action on a day, all together. */
export interface DayVolume {
  /** The UTC day on which it occurred, in days since 1970. */
  readonly day: number;
  readonly times: number;
}

export interface ActionVolume {
  readonly action: string;
  readonly times: number;
}

export interface ActionsRead {
  /** Only of actions whose names begin so. */
  readonly prefix: string;
  readonly fromDay: number;
  readonly limit: number;
}

/** How often each action was done, by day, whoever did it. */
export interface VolumeStore {
  /** Adds to what is there, all of it or nothing. Each action and day comes once. */
  add(counted: readonly (ActionVolume & DayVolume)[]): Promise<void>;
  /** What was done since that day, in the order of names: the sum of each action. */
  actions(read: ActionsRead): Promise<readonly ActionVolume[]>;
  /** The days since that one on which the action was done, in their order. */
  days(action: string, fromDay: number): Promise<readonly DayVolume[]>;
  /** Drops days before that one, `limit` rows at most; gives how many. Called again until 0. */
  purge(beforeDay: number, limit: number): Promise<number>;
}
