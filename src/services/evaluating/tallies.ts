import type { Reason } from '../../core/deciding/decision.js';
import type { Evaluated } from './target-views.js';

/** How often something was decided with the same reason. */
export interface Tally {
  readonly reason: Reason;
  readonly stale: boolean;
  readonly decisions: number;
  /** With FLAG_NOT_FOUND alone: the keys that were asked for. */
  readonly unknownKeys?: readonly string[];
}

/** What was decided, how often with which reason. */
export function talliesOf(evaluated: readonly Evaluated[]): readonly Tally[] {
  const tallies: { reason: Reason; stale: boolean; decisions: number; unknownKeys?: string[] }[] = [];
  let last = tallies[0];
  for (const { decision, stale } of evaluated) {
    const { reason, flagKey } = decision;
    if (last === undefined || last.reason !== reason || last.stale !== stale) {
      last = tallies.find((tally) => tally.reason === reason && tally.stale === stale);
      if (last === undefined) {
        last = { reason, stale, decisions: 0, ...(reason === 'FLAG_NOT_FOUND' && { unknownKeys: [] }) };
        tallies.push(last);
      }
    }
    last.decisions++;
    last.unknownKeys?.push(flagKey);
  }
  return tallies;
}
