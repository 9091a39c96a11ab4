import type { Expansion } from './segment-graph.js';

/**
 * The most conditions (comparisons, groups and references) that a flag's rules may have with every segment written out:
 * what one evaluation may cost. Segments of segments multiply.
 */
export const MAX_EXPANDED_CONDITIONS = 5_000;

/** How many segments may stand within one another. */
export const MAX_SEGMENT_DEPTH = 32;

/** What is wrong with the size of a flag's rules, as what follows "its rules"; undefined where they can be evaluated. */
export function faultOfExpansion({ conditions, depth }: Expansion): string | undefined {
  if (depth === Infinity) return 'refer to segments that refer to themselves';
  if (depth > MAX_SEGMENT_DEPTH) {
    return `refer to ${depth} segments within one another, and at most ${MAX_SEGMENT_DEPTH} are followed: refer to the far ones directly`;
  }
  if (conditions <= MAX_EXPANDED_CONDITIONS) return undefined;
  return (
    `come to ${conditions} conditions once every segment is written out wherever it is referred to, and at most ` +
    `${MAX_EXPANDED_CONDITIONS} are evaluated: segments of segments multiply, so refer to fewer`
  );
}

/** Whether one is larger than another in some way. */
export function exceeds(one: Expansion, other: Expansion): boolean {
  return one.conditions > other.conditions || one.depth > other.depth;
}
