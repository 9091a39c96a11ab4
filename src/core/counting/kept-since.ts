import type { Derivation } from '../flags/flag.js';
import { DAY_MS } from '../values/time/time.js';
import { readsProperties } from './derivations.js';

/** By what it is known from when on events are kept. */
export interface EventKnowledge {
  readonly now: number;
  readonly retentionDays: number;
  readonly propertiesDropped: boolean;
  /** The first day, in days since 1970, from which on housekeeping is known to have dropped nothing. */
  readonly keptFrom: number;
}

/** The derivation, counting anew what is kept. */
export function countedAnew(
  derivation: Omit<Derivation, 'countsSince'>,
  { now, retentionDays, propertiesDropped, keptFrom }: EventKnowledge,
): Derivation {
  if (propertiesDropped && readsProperties(derivation)) return { ...derivation, countsSince: now };
  return { ...derivation, countsSince: Math.min(now, Math.max(now - retentionDays * DAY_MS, keptFrom * DAY_MS)) };
}
