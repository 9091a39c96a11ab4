import { describe, expect, it } from '@jest/globals';
import type { FactSources } from '../../facts/fact-definition.js';
import { FactSlots } from '../../facts/fact-record.js';
import { unknownUser } from '../../states/user-state.js';
import type { JsonValue } from '../../values/json.js';
import { DAY_MS } from '../../values/time/time.js';
import { comparisonOf, DECORATOR_NAMES, OPERATOR_NAMES } from '../operators.js';
import { compileLeaf } from './compile-leaf.js';

const NOW = Date.UTC(2025, 5, 15, 10);

const VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  ...[0, -0, 1, 2, 2.5, 1e21, NOW],
  ...['', ' ', '0', '1', ' 2', '2px', 'a', 'ab', '1.2.3', '2025-06-15T10:00:00Z', 'Infinity'],
  ...[[], [0], ['a', 1], [[]], [['a']], [null]],
  ...[{}, { toString: 1 }, { a: 1 }],
];

function sources(attribute: JsonValue | undefined, joinedAt: number | undefined): FactSources {
  return {
    user: unknownUser('u'),
    organization: undefined,
    roles: [],
    inheritedRoles: [],
    attributes: attribute === undefined ? {} : { a: attribute },
    joinedAt,
    organizationId: '',
    stages: [],
    timeZone: 'UTC',
    dayClock: undefined,
    earner: undefined,
    isUnlocked: () => false,
  };
}

const NAMES = OPERATOR_NAMES.flatMap((name) => [name, ...DECORATOR_NAMES.map((decorator) => `${decorator}:${name}`)]);

describe('a compiled comparison', () => {
  it.each(NAMES)('is the operator itself, for every pair of values: %s', (operator) => {
    const compare = comparisonOf(operator);
    for (const constant of VALUES.filter((value) => !Object.hasOwn(Object(value), 'fact'))) {
      const slots = new FactSlots();
      const { test } = compileLeaf({ fact: 'attribute', path: '$.a', operator, value: constant }, slots);
      for (const attribute of [undefined, ...VALUES]) {
        const record = { values: slots.read(sources(attribute, undefined)), now: NOW };
        const answer = test(record);
        expect([constant, attribute, answer]).toEqual([constant, attribute, compare?.(record.values[0], constant)]);
      }
    }
  });

  it.each(['in', 'notIn'])('is the operator itself, for a long list: %s', (operator) => {
    const compare = comparisonOf(operator);
    const constant = [...VALUES, ...Array.from({ length: 1_000 }, (_, n) => `user ${n}`)];
    const slots = new FactSlots();
    const { test } = compileLeaf({ fact: 'attribute', path: '$.a', operator, value: constant }, slots);
    const [list, object] = [VALUES.find(Array.isArray), VALUES.find((value) => Object.keys(Object(value)).length > 0)];
    for (const attribute of [undefined, ...VALUES, 'user 7', 'user 1000', NaN, -0, 0, list, object, [], {}]) {
      const record = { values: [attribute], now: NOW };
      expect([attribute, test(record)]).toEqual([attribute, compare?.(attribute, constant)]);
    }
  });

  it.each(NAMES)('is the operator itself, for a fact that moves with time: %s', (operator) => {
    const compare = comparisonOf(operator);
    for (const constant of VALUES) {
      const slots = new FactSlots();
      const { test } = compileLeaf({ fact: 'daysSinceJoin', operator, value: constant }, slots);
      for (const offset of [undefined, 1, 0, -1, -DAY_MS, -DAY_MS - 1, -2 * DAY_MS, -2.5 * DAY_MS, -3 * DAY_MS + 1]) {
        const joinedAt = offset === undefined ? undefined : NOW + offset;
        const record = { values: slots.read(sources(undefined, joinedAt)), now: NOW };
        const days = joinedAt === undefined ? undefined : Math.floor((NOW - joinedAt) / DAY_MS);
        expect([constant, days, test(record)]).toEqual([constant, days, compare?.(days, constant)]);
      }
    }
  });
});
