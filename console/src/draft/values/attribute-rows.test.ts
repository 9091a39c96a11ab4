import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ATTRIBUTE_TYPES, attributesOf, rowsOf } from './attribute-rows.js';
import type { JsonObject } from './json.js';

const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'plan', '<img onerror>'));

describe('attributes', () => {
  it('are typed and read without a loss, each in its type', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.json())), (members) => {
        const attributes = Object.fromEntries(members.map(([key, text]) => [key, JSON.parse(text)])) as JsonObject;
        const read = attributesOf(rowsOf(attributes));
        expect(JSON.stringify(read)).toBe(JSON.stringify({ attributes }));
      }),
    );
  });

  it('keep digits a text where they are one, and say what is no number, no JSON, nameless or there twice', () => {
    const text = fc.constantFrom('', '7', 'true', '{', 'pro', '[1]');
    const row = fc.record({ name: fc.constantFrom('', 'a', 'b'), type: fc.constantFrom(...ATTRIBUTE_TYPES), text });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
        const read = attributesOf(rows);
        if ('faults' in read) {
          for (const at of read.faults.keys()) expect(rows[at]).toBeDefined();
          return;
        }
        const said = rows.filter((each) => each.name !== '');
        expect(Object.keys(read.attributes).sort()).toEqual(said.map((each) => each.name).sort());
        for (const each of said) {
          const value = read.attributes[each.name];
          if (each.type === 'text') expect(value).toBe(each.text);
          if (each.type === 'number') expect(typeof value).toBe('number');
          if (each.type === 'boolean') expect(value).toBe(each.text === 'true');
        }
      }),
    );
    const faults = attributesOf([
      { name: 'a', type: 'number', text: '7 days' },
      { name: 'b', type: 'json', text: '{' },
      { name: '', type: 'text', text: 'x' },
      { name: 'c', type: 'text', text: '1' },
      { name: 'c', type: 'text', text: '2' },
    ]);
    expect([...('faults' in faults ? faults.faults : [])]).toEqual([
      [0, 'notANumber'],
      [1, 'notJson'],
      [2, 'noName'],
      [4, 'twice'],
    ]);
  });
});
