import type { Expansion } from './segment-graph.js';

/**
 * How many conditions (comparisons, groups and references) the rules of a flag may have with every segment written out, which
 * limits what one evaluation costs: segments of segments multiply.
 */
export const MAX_EXPANDED_CONDITIONS = 5_000;

/** How deep segments may refer to segments. */
export const MAX_SEGMENT_DEPTH = 32;

/** What is wrong with the size of a flag's rules, as the rest of a sentence that begins with "its rules"; undefined for nothing. */
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

/** Whether one expansion has more conditions than another, or is deeper. */
export function exceeds(one: Expansion, other: Expansion): boolean {
  return one.conditions > other.conditions || one.depth > other.depth;
}
