import { type RefObject, useEffect, useRef } from 'react';

/** True from when somebody asks for a panel until all of it is there. */
export type Awaited = RefObject<boolean>;

/** Brings a panel into sight at each of its stages while it is awaited: it grows on the way. Once it is done, whoever reads scrolls by themselves. */
export function useAwaited(awaited: Awaited | undefined, stage: 'asked' | 'coming' | 'done') {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (awaited?.current !== true) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    panel.current?.scrollIntoView({ block: 'nearest', behavior: still ? 'instant' : 'smooth' });
    awaited.current = stage !== 'done';
  }, [awaited, stage]);
  return panel;
}
