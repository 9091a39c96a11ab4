import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isCovered, type Span, withOccurrence } from './spans.js';

describe('spans', () => {
  it('cover what is within the window of any occurrence, and tell of each what it adds', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 });
    fc.assert(
      fc.property(instants, fc.constantFrom(1, 4, 9, Infinity), (occurrences, windowMs) => {
        let spans: readonly Span[] = [];
        const seen: number[] = [];
        const covered = (at: number): boolean => seen.some((one) => one <= at && at <= one + windowMs);
        for (const occurrence of occurrences) {
          const before = Array.from({ length: 80 }, (_, at) => covered(at));
          const made = withOccurrence(spans, occurrence, windowMs);
          spans = made.spans;
          seen.push(occurrence);
          for (let at = 0; at < 80; at++) {
            expect(isCovered(spans, at, windowMs)).toBe(covered(at));
            const isNew = made.added !== undefined && at >= made.added.from && at <= made.added.to;
            expect(isNew).toBe(covered(at) && !before[at]);
          }
          for (const [i, [firstAt]] of spans.entries())
            if (i > 0) expect(firstAt).toBeGreaterThan(spans[i - 1]![1] + windowMs);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are few, however often something occurs', () => {
    const day = 86_400_000;
    let spans: readonly Span[] = [];
    for (let n = 0; n < 5_000; n++) spans = withOccurrence(spans, n * 30 * 3_600_000, day).spans;
    expect(spans.length).toBeLessThan(60);
    expect(isCovered(spans, 4_999 * 30 * 3_600_000 - 58 * day, day)).toBe(true);
  });
});
