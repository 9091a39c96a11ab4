import { DAY_MS } from '../values/time/time.js';

/** The first and the last of some occurrences of which each is within the window of the one before: all in between is covered. */
export type Span = readonly [firstAt: number, lastAt: number];

/** From one instant to another, both included. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** For how long spans are kept: for longer than any event may be late. */
const KEPT_MS = 63 * DAY_MS;

/** Whether an instant is at most `windowMs` after an occurrence, or at the same instant. */
export function isCovered(spans: readonly Span[], at: number, windowMs: number): boolean {
  const last = spans.findLast(([firstAt]) => firstAt <= at);
  return last !== undefined && at <= last[1] + windowMs;
}

/**
 * The spans with one more occurrence, and what it covers that nothing did; the spans themselves, which are in order, where it adds
 * nothing. Spans do not touch, so there are no more of them than windows fit into the time for which they are kept.
 */
export function withOccurrence(
  spans: readonly Span[],
  at: number,
  windowMs: number,
): { readonly spans: readonly Span[]; readonly added: Stretch | undefined } {
  const place = spans.findLastIndex(([firstAt]) => firstAt <= at);
  const [left, right] = [spans[place], spans[place + 1]];
  const joinsLeft = left !== undefined && at <= left[1] + windowMs;
  if (joinsLeft && at <= left[1]) return { spans, added: undefined };
  const joinsRight = right !== undefined && right[0] <= at + windowMs;
  const from = joinsLeft ? left[1] + windowMs + 1 : at;
  const to = joinsRight ? right[0] - 1 : at + windowMs;
  const joined: Span = [joinsLeft ? left[0] : at, joinsRight ? right[1] : at];
  const after = [
    ...spans.slice(0, joinsLeft ? place : place + 1),
    joined,
    ...spans.slice(joinsRight ? place + 2 : place + 1),
  ];
  const keptFrom = after.at(-1)![1] - KEPT_MS;
  return {
    spans: after.filter(([, lastAt]) => lastAt + windowMs >= keptFrom),
    added: from > to || from === Infinity ? undefined : { from, to },
  };
}
