import { useEffect, useRef } from 'react';

export interface FirstHit<Hit> {
  /** The text whose hits these are to be. */
  readonly q: string;
  /** Undefined while they are not there. */
  readonly hits: readonly Hit[] | undefined;
  readonly open: (hit: Hit) => void;
}

/**
 * Opens the first hit of a text behind which somebody has pressed Enter: at once where the hits are there, else when they come, and never
 * one of the text that was asked for before. What is typed further takes it back.
 */
export function useFirstHit<Hit>(present: FirstHit<Hit>): (text: string) => void {
  const wanted = useRef<{ readonly text: string; readonly over: string }>(undefined);
  const openIfThere = () => {
    const { q, hits, open } = present;
    if (wanted.current === undefined) return;
    const { text, over } = wanted.current;
    if (q !== text && q !== over) wanted.current = undefined;
    if (q !== text || hits === undefined) return;
    wanted.current = undefined;
    const [first] = hits;
    if (first !== undefined) open(first);
  };
  useEffect(openIfThere);
  return (text) => {
    wanted.current = { text, over: present.q };
    openIfThere();
  };
}
