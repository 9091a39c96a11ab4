import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf, parseInstant } from '../values/time/time.js';
import { ADDED_OPERATORS } from './added-operators.js';
import { comparisonOf, DECORATOR_NAMES, OPERATOR_NAMES } from './operators.js';

function compare(factValue: unknown, operator: string, value: unknown): boolean {
  const comparison = comparisonOf(operator);
  if (comparison === undefined) throw new Error(`no operator ${operator}`);
  return comparison(factValue, value);
}

describe('operators', () => {
  it.each([
    [undefined, 'isSet', true, false],
    [undefined, 'isSet', false, true],
    [null, 'isSet', true, false],
    ['', 'isSet', true, true],
    [0, 'isSet', false, false],
    [[], 'isSet', true, true],
    [undefined, 'not:isSet', true, true],
    [undefined, 'isSet', 'false', false],
    ['prospect', 'startsWith', 'pro', true],
    ['a pro', 'startsWith', 'pro', false],
    ['a pro', 'endsWith', 'pro', true],
    ['a pro b', 'containsText', 'pro', true],
    [['pro'], 'containsText', 'pro', false],
    ['anna@example.org', 'matches', '@example\\.(org|net)$', true],
    ['anna@example.com', 'matches', '@example\\.(org|net)$', false],
    ['anna', 'matches', '[', false],
    ['anna', 'matches', '(?<=a)n', false],
    ['1.10.0', 'semverGreaterThan', '1.9.0', true],
    ['1.10.0-rc.1', 'semverLessThan', 'v1.10.0', true],
    ['1.10.0+mac', 'semverEqual', '1.10.0', true],
    ['1.10.0', 'semverGreaterThanInclusive', '1.10.0', true],
    ['1.10.0', 'semverLessThanInclusive', '1.9.9', false],
    ['1.10', 'semverGreaterThan', '1.9.0', true],
    ['1.x', 'semverGreaterThan', '1.9.0', false],
    ['2025-01-01T00:00:00+01:00', 'before', '2025-01-01T00:00:00Z', true],
    [Date.UTC(2025, 0, 2), 'after', '2025-01-01T00:00:00Z', true],
    ['2025-01-01T00:00:00Z', 'after', '2025-01-01T00:00:00Z', false],
    ['yesterday', 'before', '2025-01-01T00:00:00Z', false],
    [['a', 'pro'], 'someFact:startsWith', 'p', true],
    ['pro', 'not:startsWith', 'p', false],
    ['p', 'swap:startsWith', 'pro', true],
    ['pro', 'someValue:endsWith', ['x', 'o'], true],
  ])('%j %s %j is %s', (factValue, operator, value, expected) => {
    expect(compare(factValue, operator, value)).toBe(expected);
  });

  it('answer any two values with true or false, whatever they are', () => {
    const hostile = fc.constantFrom<unknown>(
      { toString: 1 },
      { valueOf: 1, toString: null },
      [[{ toString: 1 }]],
      Number.NaN,
    );
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(undefined, '1.2.3', '[', '2025-02-30T00:00:00Z'),
      hostile,
    );
    const name = fc
      .tuple(fc.array(fc.constantFrom(...DECORATOR_NAMES), { maxLength: 2 }), fc.constantFrom(...OPERATOR_NAMES))
      .map(([decorators, operator]) => [...decorators, operator].join(':'));
    fc.assert(
      fc.property(anything, name, anything, (factValue, operator, value) => {
        expect(typeof compare(factValue, operator, value)).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });

  it('compare alike when prepared', () => {
    const texts = fc.constantFrom(
      '1.2.3',
      '1.2.4-a',
      '2025-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z',
      'a+',
      'aaa',
      5,
      null,
    );
    const named = fc.constantFrom(...ADDED_OPERATORS.values());
    fc.assert(
      fc.property(named, texts, texts, (operator, factValue, value) => {
        const prepared = operator.prepare?.(value) ?? ((fact: unknown) => operator.compare(fact, value));
        expect(prepared(factValue)).toBe(operator.compare(factValue, value));
      }),
    );
  });

  it('are unknown with an unknown name or decorator', () => {
    for (const name of [
      '',
      'equals',
      'somefact:equal',
      'equal:',
      ':equal',
      'constructor',
      '__proto__:equal',
      'equal:someFact',
    ]) {
      expect(comparisonOf(name)).toBeUndefined();
    }
  });

  it('bound what a pattern may cost', () => {
    expect(compare('a'.repeat(4096), 'matches', '(a+)+b')).toBe(false);
    expect(compare('a'.repeat(4096), 'matches', 'a$')).toBe(true);
    expect(compare('a'.repeat(4097), 'matches', 'a')).toBe(false);
    expect(compare('a', 'matches', `${'a?'.repeat(200)}`)).toBe(false);
    expect(compare('a'.repeat(900), 'matches', 'a{900}')).toBe(false);
  });
});

describe('an instant', () => {
  it.each([
    ['2024-02-29T12:00:00Z', Date.UTC(2024, 1, 29, 12)],
    ['2024-02-29t12:00:00.5z', Date.UTC(2024, 1, 29, 12, 0, 0, 500)],
    ['2024-02-29 12:00:00-02:30', Date.UTC(2024, 1, 29, 14, 30)],
    ['0001-01-01T00:00:00Z', new Date('0001-01-01T00:00:00Z').getTime()],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
  ])('is read from %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each([
    '2025-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01',
    '2025-01-01T00:00:00',
    '',
  ])('is not read from %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it.each([
    ['2025-06-01', Date.UTC(2025, 5, 1)],
    ['2025-06-01T10:00:00', Date.UTC(2025, 5, 1, 10)],
    ['2025-06-01 10:00:00.25', Date.UTC(2025, 5, 1, 10, 0, 0, 250)],
    ['2025-06-01T10:00', Date.UTC(2025, 5, 1, 10)],
    ['2025-06-01T10:00Z', Date.UTC(2025, 5, 1, 10)],
    ['2025-06-01T10:00:00+0100', Date.UTC(2025, 5, 1, 9)],
    ['2025-06-01 10:00:00+00', Date.UTC(2025, 5, 1, 10)],
    ['2025-06-01T10:00:00-0230', Date.UTC(2025, 5, 1, 12, 30)],
    ['2025-06-01 10:00:00 +0100', Date.UTC(2025, 5, 1, 9)],
    [1748736000000, Date.UTC(2025, 5, 1)],
  ])('of a value is read from %j, in any form that systems store', (value, expected) => {
    expect(instantOf(value)).toBe(expected);
    expect(compare(value, 'before', '2025-06-02')).toBe(true);
    expect(compare(value, 'after', '2025-06-02')).toBe(false);
    expect(compare(value, 'not:before', '2025-06-02')).toBe(false);
  });

  it.each([
    '2025-02-30',
    '2025-6-1',
    '20250601',
    '2025-06-01T24:00',
    '2025-06-01T10',
    '2025-06-01T10:00+1',
    '1.6.2025',
    '',
  ])('of a value is not read from %j', (value) => {
    expect(instantOf(value)).toBeUndefined();
  });
});
