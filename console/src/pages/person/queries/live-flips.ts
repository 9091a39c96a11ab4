import { useEffect, useRef, useState } from 'react';
import { hearLive } from '../../../api/live.js';
import { words } from '../../../words/people-words.js';
import { usePersonFlags } from './person-queries.js';

/** How long a flip is told of. */
const TOLD_MS = 15_000;

/**
 * The last flip of a person's flags, in words, as it happens. What an event unlocked the stream tells that all tabs of the browser share,
 * and has the answers asked for again; whatever else flips a flag shows by the answer that differs from the one before.
 */
export function useLiveFlips(id: string, known: boolean): string {
  const [flip, setFlip] = useState('');
  const { data } = usePersonFlags(id, {}, known);
  const before = useRef<ReadonlyMap<string, boolean>>(undefined);
  useEffect(() => {
    if (data === undefined) return;
    const { live } = words.person;
    const now = new Map(
      data.pages.flatMap(({ flags }) =>
        flags.map(({ flag_key, decision }) => [flag_key, decision?.enabled === true] as const),
      ),
    );
    const flips = [...now].filter(([key, on]) => before.current?.has(key) && before.current.get(key) !== on);
    before.current = now;
    if (flips.length > 0) setFlip(flips.map(([key, on]) => (on ? live.on(key) : live.off(key))).join('; '));
  }, [data]);
  useEffect(
    () =>
      hearLive(({ name, data: told }) => {
        if (name === 'unlock' && told.user_id === id) setFlip(words.person.live.on(told.flag_key));
      }),
    [id],
  );
  useEffect(() => {
    if (flip === '') return undefined;
    const timer = setTimeout(() => setFlip(''), TOLD_MS);
    return () => clearTimeout(timer);
  }, [flip]);
  return flip;
}
