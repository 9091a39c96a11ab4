/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Give it as `after` for the next page; absent on the last. */
  readonly next?: string;
}

export interface PageRequest {
  /** The `next` of the page before; absent for the first. A value that no page gave is treated as a position. */
  readonly after?: string;
  /** 1…1,000. */
  readonly limit: number;
}
