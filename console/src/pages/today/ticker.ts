import type { UnlockSeen } from '../../../../src/protocol/gen/admin-json.js';

/** An unlock that is shown, with a number of its own. */
export interface ShownUnlock extends UnlockSeen {
  readonly number: number;
}

/** The unlocks that are shown as they happen. */
export interface Ticker {
  /** Newest first. */
  readonly shown: readonly ShownUnlock[];
  /** How many happened that were not shown one by one. */
  readonly beyond: number;
  readonly paused: boolean;
  /** How many happened since it was paused. */
  readonly waiting: number;
  readonly next: number;
}

export type TickerAction =
  /** What happened since the last time, in its order. */
  | { readonly kind: 'seen'; readonly unlocks: readonly UnlockSeen[] }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' };

export const EMPTY_TICKER: Ticker = { shown: [], beyond: 0, paused: false, waiting: 0, next: 1 };
/** How many lines may come at once, so that one can read along. */
export const MOST_AT_ONCE = 2;
export const MOST_SHOWN = 12;

/** The ticker after something happened. However much that is, it adds few lines and counts the rest; while it is paused none. */
export function tick(ticker: Ticker, action: TickerAction): Ticker {
  if (action.kind === 'pause') return { ...ticker, paused: true };
  if (action.kind === 'resume') return { ...ticker, paused: false, waiting: 0, beyond: ticker.beyond + ticker.waiting };
  const { unlocks } = action;
  const all = unlocks.reduce((sum, { left_out }) => sum + 1 + left_out, 0);
  if (ticker.paused) return { ...ticker, waiting: ticker.waiting + all };
  const latest = unlocks.slice(-MOST_AT_ONCE).map((unlock, i) => ({ ...unlock, number: ticker.next + i }));
  return {
    ...ticker,
    shown: [...latest.toReversed(), ...ticker.shown].slice(0, MOST_SHOWN),
    beyond: ticker.beyond + all - latest.length,
    next: ticker.next + latest.length,
  };
}
