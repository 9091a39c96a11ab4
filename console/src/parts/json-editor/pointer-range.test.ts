import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rangeAt } from './pointer-range.js';

/** All places of a value: the steps that lead there, and the value. */
function placesOf(value: unknown, steps: readonly string[] = []): readonly [readonly string[], unknown][] {
  const inner =
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([step, child]) => placesOf(child, [...steps, step]));
  return [[steps, value], ...inner];
}

describe('a JSON pointer', () => {
  it('leads to the name of what it names, or to the beginning of an item, however the text is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), fc.nat(), (value, indent, pick) => {
        const text = JSON.stringify(value, null, indent);
        const read = JSON.parse(text) as unknown;
        const places = placesOf(read);
        const [steps, found] = places[pick % places.length]!;
        const { from, to } = rangeAt(text, steps);
        const shown = text.slice(from, to);
        const parent = steps.slice(0, -1).reduce((at, step) => (at as Record<string, unknown>)[step], read);
        if (steps.length > 0 && !Array.isArray(parent)) expect(JSON.parse(shown)).toBe(steps.at(-1));
        else if (typeof found === 'object' && found !== null) expect(shown).toBe(Array.isArray(found) ? '[' : '{');
        else expect(shown).toBe(JSON.stringify(found));
        // One that goes on to nowhere ends there.
        expect(rangeAt(text, [...steps, 'nowhere at all'])).toEqual({ from, to });
      }),
      { numRuns: 300 },
    );
  });

  it('leads somewhere in what is no JSON, too', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, steps) => {
        const { from, to } = rangeAt(text, steps);
        expect(from >= 0 && from <= to && to <= text.length).toBe(true);
      }),
    );
    expect(rangeAt('{"a": {"b": 1, "b": 2}', ['a', 'b'])).toEqual({ from: 15, to: 18 });
  });
});
