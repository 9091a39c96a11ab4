import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPlainPath, pathTo, readPath, stepsOf } from './path.js';

type JsonPath = (options: { path: string | string[]; json: unknown; wrap: boolean }) => unknown;

/** The resolver that json-rules-engine itself uses. */
const engineRequire = createRequire(createRequire(import.meta.url).resolve('json-rules-engine'));
const { JSONPath } = engineRequire('jsonpath-plus') as { JSONPath: JsonPath };

const NAMES = ['a', 'b', '0', 'length', '__proto__', 'constructor', 'naïve', 'x-y', '2fa_on', 'true'];

describe('a plain path', () => {
  it('reads what jsonpath-plus reads', () => {
    const scalar = fc.constantFrom('', 'text', 0, 1, true, false, null);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc
        .array(fc.tuple(fc.constantFrom(...NAMES), tie('value')), { maxLength: 4 })
        .map((entries) =>
          JSON.parse(`{${entries.map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`)}}`),
        ),
    }));
    const step = fc.oneof(
      fc.constantFrom(...NAMES).map((name) => `.${name}`),
      fc.constantFrom('[0]', '[1]', '[10]'),
    );
    const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => `$${steps.join('')}`);
    let found = 0;
    fc.assert(
      fc.property(value, path, (json, given) => {
        const expected =
          typeof json === 'object' && json !== null ? JSONPath({ path: given, json, wrap: false }) : json;
        if (expected !== undefined) found += 1;
        expect(readPath(given)(json)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
    expect(found).toBeGreaterThan(75);
  });

  it('reads a member of any name', () => {
    const odd = [
      'plan.tier',
      'Account Name',
      '$x',
      '$',
      '*',
      '',
      '@',
      '`a',
      '?(1)',
      'a"b',
      "a'b",
      '\\',
      '1:2',
      'é\u0000',
      'a,b',
    ];
    const name = fc.oneof(fc.constantFrom(...odd), fc.string({ unit: 'binary', maxLength: 8 }));
    fc.assert(
      fc.property(name, name, fc.jsonValue(), (outer, inner, value) => {
        const json = Object.fromEntries([[outer, Object.fromEntries([[inner, value]])]]);
        const given = `$[${JSON.stringify(outer)}][${JSON.stringify(inner)}]`;
        expect(stepsOf(given)).toEqual([outer, inner]);
        expect(readPath(given)(json)).toBe(value);
        // jsonpath-plus takes a path in steps as well, and names as they are after a backtick.
        expect(JSONPath({ path: ['$', `\`${outer}`, `\`${inner}`], json, wrap: false })).toBe(value);
        expect(readPath(pathTo(outer))(json)).toBe(json[outer]);
      }),
    );
    expect(readPath("$['plan.tier']")({ 'plan.tier': 'pro' })).toBe('pro');
    expect([pathTo('plan'), pathTo('plan.tier')]).toEqual(['$.plan', '$["plan.tier"]']);
  });

  it('finds nothing inherited', () => {
    expect(readPath('$.constructor')({})).toBeUndefined();
    expect(readPath('$.__proto__.toString')({})).toBeUndefined();
    expect(readPath('$.a.constructor')({ a: 'text' })).toBeUndefined();
  });

  it('is the value itself where that has no parts', () => {
    expect(readPath('$.a')(undefined)).toBeUndefined();
    expect(readPath('$.a')('text')).toBe('text');
    expect(readPath('$.a.b')(7)).toBe(7);
  });

  it.each([
    '',
    '$',
    'a',
    '$.',
    '$..a',
    '$.*',
    '$.a[*]',
    '$.a[0,1]',
    '$.a[0:2]',
    '$.a[-1]',
    '$.a[01]',
    '$["a]',
    '$["a\n"]',
    "$['a'b']",
    '$[a]',
    '$["a"',
    '$.a[?(@.b)]',
    '$[(this.constructor.constructor("return process")())]',
    '$.a^',
    '$.a~',
    '$.@string()',
    '$.`a',
    '$.a b',
    '$["a"]b',
    '$.a\n',
    '$.$',
    `$.${'a'.repeat(1_100)}`,
  ])('is not %j', (path) => {
    expect(isPlainPath(path)).toBe(false);
    expect(() => readPath(path)).toThrow('not a plain path');
  });
});
