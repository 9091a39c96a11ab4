/** A flag that came on, or went off, for a user. */
export interface FlippedFlag {
  readonly userId: string;
  readonly flagKey: string;
}

/** Flags whose decision on stored state flipped, by what it is now. */
export interface FlippedFlags {
  readonly unlocked: readonly FlippedFlag[];
  readonly locked: readonly FlippedFlag[];
}
