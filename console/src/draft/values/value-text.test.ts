import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from './json.js';
import { formOf, readValue, valueText } from './value-text.js';

describe('the value of a comparison', () => {
  it('is written and read in its form without a loss', () => {
    const operator = fc.constantFrom('equal', 'in', 'notIn', 'contains', 'isSet');
    const type = fc.constantFrom('string', 'number', 'boolean', 'list', 'json', undefined);
    const value = fc.oneof(
      fc.jsonValue({ noMinusZero: true } as object),
      fc.constantFrom('7', 'true', ['a', 7], ['a, b'], ['2024', '7'], [2024, 7], ''),
    ) as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(type, operator, value, (factType, name, given) => {
        fc.pre(!Object.is(given, -0) && given !== '');
        const form = formOf(factType, name, given);
        expect(JSON.stringify(readValue(valueText(given, form), form))).toBe(JSON.stringify(given));
      }),
    );
  });

  it('is of the type of its fact, whatever it looks like', () => {
    const digits = fc.array(fc.oneof(fc.nat().map(String), fc.constantFrom('true', 'null', 'pro')), { minLength: 1 });
    fc.assert(
      fc.property(fc.constantFrom('in', 'notIn'), digits, (operator, typed) => {
        const read = (type: string) => readValue(typed.join(', '), formOf(type, operator, []));
        expect([read('string'), read('list')]).toEqual([typed, typed]);
        expect(read('number')).toEqual(typed.map((each) => (/^\d/.test(each) ? Number(each) : each)));
      }),
    );
  });

  it.each<[string, string, string, JsonValue]>([
    ['string', 'in', ',', []],
    ['string', 'in', ' pro, , free,', ['pro', 'free']],
    ['number', 'notIn', '1,,', [1]],
  ])('has no items of a %s, %s, that nobody has typed: %j', (type, operator, text, value) => {
    expect(readValue(text, formOf(type, operator, []))).toEqual(value);
  });

  it.each<[string, JsonValue]>([
    [' 7 ', 7],
    ['1e5', 100_000],
    ['1,5', 1.5],
    ['12 000', 12_000],
    ['1\u00A0000.5', 1_000.5],
    ['\u22123', -3],
    ['+3', 3],
    ['.5', 0.5],
    ['007', 7],
    ['0', 0],
    // May be a thousand, or one: nobody guesses.
    ['1,000', '1,000'],
    ['9'.repeat(400), '9'.repeat(400)],
    ['1e999', '1e999'],
    ['-', '-'],
    ['0x10', '0x10'],
    ['Infinity', 'Infinity'],
  ])('of a number typed as %j is %j', (typed, value) => {
    expect(readValue(typed, 'number')).toBe(value);
  });

  it('in JSON is no number that would be written as null', () => {
    expect(readValue('{"seats": 1e999}', 'json')).toBe('{"seats": 1e999}');
    expect(readValue('1'.repeat(400), 'any')).toBe('1'.repeat(400));
  });

  it.each<[string, string, JsonValue, string, string]>([
    ['number', 'greaterThan', 10, 'number', '10'],
    ['string', 'equal', 'pro', 'text', 'pro'],
    ['string', 'in', ['pro', 'free'], 'texts', 'pro, free'],
    ['string', 'in', ['2024'], 'texts', '2024'],
    ['string', 'in', [2024], 'json', '[2024]'],
    ['number', 'notIn', [1, 2.5], 'numbers', '1, 2.5'],
    ['number', 'in', ['1'], 'json', '["1"]'],
    ['json', 'in', ['pro', 7], 'list', 'pro, 7'],
    ['string', 'in', ['a, b'], 'json', '["a, b"]'],
    ['string', 'equal', 7, 'json', '7'],
    ['json', 'equal', 7, 'any', '7'],
    ['json', 'equal', '7', 'json', '"7"'],
    ['string', 'in', [], 'texts', ''],
    ['string', 'in', [''], 'json', '[""]'],
    ['string', 'in', ['pro', ''], 'json', '["pro",""]'],
    ['boolean', 'equal', true, 'boolean', 'true'],
    ['number', 'equal', 'many', 'number', 'many'],
  ])('of a %s, %s: %j', (type, operator, value, form, text) => {
    expect(formOf(type, operator, value)).toBe(form);
    expect(valueText(value, formOf(type, operator, value))).toBe(text);
  });
});
