import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Backfill } from '../../../../src/protocol/gen/admin-json.js';
import { hearLive } from '../../api/live.js';

/** How long one that has ended is still shown. */
const SHOWN_MS = 8_000;

/** Backfills as they get on: what the stream told last of each, those that began meanwhile too, and those that have just ended. */
export function useBackfills(given: readonly Backfill[]): readonly Backfill[] {
  const queries = useQueryClient();
  const [moved, setMoved] = useState<ReadonlyMap<string, Backfill>>(new Map());
  useEffect(() => {
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const forget = hearLive((event) => {
      // Something was missed, perhaps an end: what is asked for anew tells how they are.
      if (event.name === 'reset') setMoved(new Map());
      const backfill = event.name === 'backfill' ? event.data.backfill : undefined;
      if (backfill === undefined) return;
      setMoved((before) => new Map([...before, [backfill.id, backfill]]));
      if (backfill.finished_at === undefined) return;
      const drop = () => {
        setMoved((before) => new Map([...before].filter(([id]) => id !== backfill.id)));
        void queries.invalidateQueries({ queryKey: ['overview'] });
      };
      timers.add(setTimeout(drop, SHOWN_MS));
    });
    return () => {
      forget();
      for (const timer of timers) clearTimeout(timer);
    };
  }, [queries]);
  const known = new Map([...given.map((backfill) => [backfill.id, backfill] as const), ...moved]);
  return [...known.values()];
}
