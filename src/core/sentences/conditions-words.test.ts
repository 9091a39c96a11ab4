import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DECORATOR_NAMES, OPERATOR_NAMES } from '../conditions/operators.js';
import { arbitraryConditions, arbitraryOrganizationConditions } from '../conditions/testing/arbitrary-conditions.js';
import { EVENT_FACTS } from '../counting/event-facts.js';
import { FACTS } from '../facts/fact-table.js';
import { sameMeaning } from '../flags/same-meaning.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../values/json.js';
import { describeConditions } from './conditions-words.js';
import { FACT_WORDS } from './fact-words.js';
import { DECORATOR_WORDS, OPERATORS_WITH_WORDS } from './operator-words.js';

/** What a JSON pointer leads to; undefined where it leads nowhere. */
function at(document: JsonValue, pointer: string): JsonValue | undefined {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<JsonValue | undefined>((value, step) => {
    if (Array.isArray(value)) return (value as readonly JsonValue[])[Number(step)];
    return isJsonObject(value as JsonValue) ? (value as JsonObject)[step] : undefined;
  }, document);
}

const anyConditions = fc.oneof(
  arbitraryConditions.map(({ conditions }) => ({ conditions, of: 'people' as const })),
  arbitraryOrganizationConditions.map((conditions) => ({ conditions, of: 'organizations' as const })),
);

describe('describeConditions', () => {
  it('has words for every fact', () => {
    expect(new Set(Object.keys(FACT_WORDS))).toEqual(new Set([...FACTS.keys(), ...EVENT_FACTS.keys()]));
  });

  it('has words for every operator and every decorator', () => {
    expect(OPERATORS_WITH_WORDS).toEqual(new Set(OPERATOR_NAMES));
    expect(new Set(Object.keys(DECORATOR_WORDS))).toEqual(new Set(DECORATOR_NAMES));
  });

  it('never fails, and never says nothing, whatever the conditions', () => {
    fc.assert(
      fc.property(anyConditions, ({ conditions, of }) => {
        const { text, parts } = describeConditions(conditions, { of });
        expect(text).toMatch(/^(everyone|nobody|every organization|no organization)/);
        expect(text).not.toMatch(/undefined|\[object|NaN| {2}|^ | $/);
        expect(parts.every((part) => part.text !== '')).toBe(true);
        expect(parts.map((part) => part.text).join('')).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes JSON that is no conditions', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('all', 'any', 'not', 'fact', 'operator', 'value', 'params'), fc.jsonValue()),
        (json) => {
          expect(describeConditions(json as JsonObject).text).not.toBe('');
        },
      ),
    );
  });

  it('tells of every part where it stands', () => {
    fc.assert(
      fc.property(anyConditions, ({ conditions, of }) => {
        for (const { pointer, value } of describeConditions(conditions, { of }).parts) {
          if (pointer === undefined || pointer.endsWith('/params')) continue;
          const found = at(conditions, pointer);
          expect([pointer, found]).not.toEqual([pointer, undefined]);
          if (value !== undefined) expect(value).toEqual(found);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('mostly tells conditions apart that do not mean the same', () => {
    const pairs = fc.sample(fc.tuple(anyConditions, anyConditions), { numRuns: 3_000, seed: 7 });
    const differ = pairs.filter(
      ([one, other]) =>
        one.of === other.of && !sameMeaning(one.conditions, other.conditions) && !isTrivial(one) && !isTrivial(other),
    );
    const alike = differ.filter(
      ([one, other]) =>
        describeConditions(one.conditions, one).text === describeConditions(other.conditions, other).text,
    );
    expect(differ.length).toBeGreaterThan(500);
    expect(alike.length / differ.length).toBeLessThan(0.01);
  });

  /** Conditions that hold for everybody, or for nobody, are said so, in whatever way they do. */
  function isTrivial({ conditions }: { readonly conditions: JsonObject }): boolean {
    return /^(everyone|nobody|every organization|no organization)$/.test(describeConditions(conditions).text);
  }
});
