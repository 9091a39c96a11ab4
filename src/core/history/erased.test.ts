import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../values/json.js';
import { ERASED, erasedJson, erasedText } from './erased.js';

describe('a text without a person', () => {
  it.each([
    ['ada', 'asked by ada.', 'asked by [erased].'],
    ['ada', 'user:ada, ada', 'user:[erased], [erased]'],
    ['ada', 'adapt the armada; Ada', 'adapt the armada; Ada'],
    ['a.b', 'a.b a.bc xa.b', '[erased] a.bc xa.b'],
    ['日本', '日本語 日本', '日本語 [erased]'],
    ['-', 'a-b', 'a[erased]b'],
    ['👩‍🚀', 'x👩‍🚀x', 'x[erased]x'],
    ['aa', 'aaa aa', 'aaa [erased]'],
    ['', 'nobody', 'nobody'],
  ])('%j in %j', (id, text, expected) => {
    expect(erasedText(text, id)).toBe(expected);
  });

  it('keeps every other character', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (id, parts) => {
        fc.pre(!id.includes('[') && !'erased'.includes(id));
        const text = parts.join(` ${id} `);
        const erased = erasedText(text, id);
        expect(erased.replaceAll(ERASED, () => id)).toBe(text);
      }),
    );
  });
});

describe('a state without a person', () => {
  it('keeps nothing of an object that names them, nor their id as a member’s name, and all of others', () => {
    const state: JsonValue = {
      put: [
        { userId: 'ada', effect: 'ALLOW', more: { note: 'x' } },
        { userId: 'grace', effect: 'DENY', by: 'ada' },
      ],
      ada: { n: 1 },
      nested: { total: { userId: 'ada', total: { count: 3 } }, list: ['ada', 'adam', 3, null, true] },
    };
    expect(erasedJson(state, 'ada')).toEqual({
      put: [{ userId: ERASED }, { userId: 'grace', effect: 'DENY', by: ERASED }],
      [ERASED]: { n: 1 },
      nested: { total: { userId: ERASED }, list: [ERASED, 'adam', 3, null, true] },
    });
  });

  it('does not name them any more, whatever it was, and is the same once more', () => {
    const id = 'the-person';
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('userId', 'owner', id), (inner, name) => {
        const state = { a: inner, [name]: id, list: [{ [name]: id, inner }] } as unknown as JsonValue;
        const erased = erasedJson(state, id);
        expect(JSON.stringify(erased)).not.toContain(id);
        expect(erasedJson(erased, id)).toEqual(erased);
      }),
    );
  });
});
