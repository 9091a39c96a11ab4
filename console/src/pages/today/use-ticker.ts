import { useEffect, useReducer, useRef } from 'react';
import type { LiveCounters, UnlockSeen } from '../../../../src/protocol/gen/admin-json.js';
import { hearLive } from '../../api/live.js';
import { EMPTY_TICKER, type Ticker, type TickerAction, tick } from './ticker.js';

/** What happens within this time shows at once. */
const TOGETHER_MS = 400;

export interface Ticking {
  readonly ticker: Ticker;
  /** How many happened within the last minute on all servers, as the stream told last. */
  readonly perMinute: number | undefined;
  readonly act: (action: TickerAction) => void;
}

interface Seen {
  readonly ticker: Ticker;
  readonly perMinute: number | undefined;
}

/** The unlocks that the stream tells of while the page is open. */
export function useTicker(): Ticking {
  const [{ ticker, perMinute }, change] = useReducer(
    (seen: Seen, next: TickerAction | LiveCounters): Seen =>
      'kind' in next ? { ...seen, ticker: tick(seen.ticker, next) } : { ...seen, perMinute: next.unlocks_per_minute },
    { ticker: EMPTY_TICKER, perMinute: undefined },
  );
  const heard = useRef<UnlockSeen[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      change({ kind: 'seen', unlocks: heard.current.splice(0) });
    };
    const forget = hearLive((event) => {
      if (event.name === 'counters') change(event.data);
      if (event.name !== 'unlock') return;
      heard.current.push(event.data);
      timer ??= setTimeout(flush, TOGETHER_MS);
    });
    return () => {
      clearTimeout(timer);
      forget();
    };
  }, []);
  return { ticker, perMinute, act: change };
}
