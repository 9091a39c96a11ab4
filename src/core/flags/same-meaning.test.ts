import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../values/json.js';
import { sameMeaning } from './same-meaning.js';

const LEAF = { fact: 'actionCount', params: { action: 'login', windowDays: 7 }, operator: 'greaterThan', value: 3 };
const REORDERED = {
  value: 3,
  operator: 'greaterThan',
  params: { windowDays: 7, action: 'login' },
  fact: 'actionCount',
};

describe('conditions mean the same', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['everyone', {}, {}],
    ['members in another order', { all: [LEAF] }, { all: [REORDERED] }],
    ['a label', { all: [LEAF] }, { all: [{ ...LEAF, name: 'log in often', public: true, priority: 2 }], name: 'keen' }],
    ['a label under not', { not: LEAF }, { not: { ...LEAF, name: 'log in often' } }],
    ['a label of a segment', { condition: 'keen' }, { condition: 'keen', name: 'the keen' }],
  ])('whatever differs in %s', (_name, a, b) => {
    expect([sameMeaning(a, b), sameMeaning(b, a)]).toEqual([true, true]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['everyone and somebody', {}, { all: [LEAF] }],
    ['a value', { all: [LEAF] }, { all: [{ ...LEAF, value: 4 }] }],
    ['a value’s type', { all: [LEAF] }, { all: [{ ...LEAF, value: '3' }] }],
    ['an operator', { all: [LEAF] }, { all: [{ ...LEAF, operator: 'lessThan' }] }],
    ['a param', { all: [LEAF] }, { all: [{ ...LEAF, params: { action: 'login' } }] }],
    ['a group', { all: [LEAF] }, { any: [LEAF] }],
    ['a member more', { all: [LEAF] }, { all: [LEAF, LEAF] }],
    ['the order of a list', { all: [LEAF, { not: LEAF }] }, { all: [{ not: LEAF }, LEAF] }],
    ['a segment', { condition: 'keen' }, { condition: 'idle' }],
    [
      'what only looks like a label',
      { all: [{ ...LEAF, value: { name: 1 } }] },
      { all: [{ ...LEAF, value: { name: 2 } }] },
    ],
    ['a name that every object has', { all: [LEAF] }, JSON.parse('{"__proto__": []}') as JsonObject],
    ['a list and an object', { all: [] }, { all: {} }],
  ])('but for %s', (_name, a, b) => {
    expect([sameMeaning(a, b), sameMeaning(b, a)]).toEqual([false, false]);
  });

  it('takes any depth', () => {
    const deep = (): JsonObject => JSON.parse(`${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}`) as JsonObject;
    expect(sameMeaning(deep(), deep())).toBe(true);
  });
});
