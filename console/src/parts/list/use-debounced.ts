import { useEffect, useState } from 'react';

/** A value once it has stayed the same for a moment, so that the server is not asked at every letter. */
export function useDebounced<T>(value: T, forMs = 200): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), forMs);
    return () => clearTimeout(timer);
  }, [value, forMs]);
  return settled;
}
