import { type RefObject, useEffect, useRef } from 'react';

/** A row of links that has the present one in sight: where there is little room more of them are there than fit beside each other. */
export function usePresentInSight(present: unknown): RefObject<HTMLElement | null> {
  const row = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one is the present one
  useEffect(() => {
    const { current } = row;
    const link = current?.querySelector('[aria-current], [aria-selected="true"]')?.getBoundingClientRect();
    if (current === null || link === undefined) return;
    const room = current.getBoundingClientRect();
    current.scrollLeft += link.left + link.width / 2 - (room.left + room.width / 2);
  }, [present]);
  return row;
}
