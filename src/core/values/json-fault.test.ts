import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { placeOfJsonFault } from './json-fault.js';

/** Where the engine says that the fault is; undefined where it quotes what stands there, in place of a number. */
function placeByEngine(text: string): number | undefined {
  try {
    JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    // A word or number that breaks off begins to be none where it begins.
    if (message === 'Unexpected end of JSON input') {
      const word = /(?<=^|[\s,:[])[-+.\w]*$/.exec(text);
      // None where it ends behind a backslash.
      return word?.index;
    }
    const place = /(?:Expected|Unterminated string|Bad control).* at position (\d+)/.exec(message)?.[1];
    return place === undefined ? undefined : Number(place);
  }
  return undefined;
}

/** JSON in which something was left out, put in, or cut off. */
const faulty = fc
  .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.nat(3), fc.constantFrom('', ',', '"', '}', ']', 'x', '\n', ':', '{'))
  .map(([json, at, left, put]) => {
    const from = at % (json.length + 1);
    return json.slice(0, from) + put + json.slice(from + left);
  })
  .filter((text) => {
    try {
      JSON.parse(text);
      return false;
    } catch {
      return true;
    }
  });

describe('the place of a fault of JSON', () => {
  it('is that of the engine, wherever that names one', () => {
    let compared = 0;
    fc.assert(
      fc.property(faulty, (text) => {
        const place = placeByEngine(text);
        if (place === undefined) return;
        compared++;
        expect({ text, place: placeOfJsonFault(text) }).toEqual({ text, place });
      }),
      { numRuns: 2_000 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  it.each([
    ['latchkey_abc', 0],
    ['{"a": nul}', 6],
    ['[1, tru]', 4],
    ['{"a":1} x', 8],
    ['01', 1],
    ['', 0],
    ['[1,', 3],
    ['{"a":"b', 7],
    ['"\\', 1],
  ])('of %j is %d', (text, place) => {
    expect(placeOfJsonFault(text)).toBe(place);
  });
});
