import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readDecisionCases } from '../../../../test/decisions/decision-cases.js';
import { arbitraryConditions } from '../testing/arbitrary-draft.js';
import type { JsonValue } from '../values/json.js';
import { pointerSteps } from '../values/json.js';
import { placeAt, pointersOf } from './condition-pointers.js';
import {
  jsonOf,
  jsonOfTree,
  kindOf,
  labelOf,
  MAX_DRAWN_DEPTH,
  nodesOf,
  treeOf,
  unknownMembers,
} from './condition-tree.js';

/** JSON with the order of its members, which equality does not see. */
const text = (json: unknown): string => JSON.stringify(json);

const cases = readDecisionCases(Date.UTC(2026, 0, 1));
const stored = cases.flatMap(({ flags, segments }) => [
  ...[...flags.values()].flatMap(({ rules = [] }) =>
    rules.flatMap(({ conditions }) => (conditions ? [conditions] : [])),
  ),
  ...segments.values(),
]);

describe('a tree of conditions', () => {
  it('gives back any JSON as it was, in its order', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryConditions, fc.jsonValue() as fc.Arbitrary<JsonValue>), (json) => {
        const tree = treeOf(json);
        expect(text(jsonOfTree(tree))).toBe(text(json));
      }),
      { numRuns: 1_000 },
    );
  });

  it('draws all of every decision case', () => {
    expect(stored.length).toBeGreaterThan(50);
    for (const conditions of stored) {
      const tree = treeOf(conditions);
      expect(text(jsonOfTree(tree))).toBe(text(conditions));
      expect(nodesOf(tree.root).filter(({ kind }) => kind === 'opaque')).toEqual([]);
    }
  });

  it.each<[string, JsonValue]>([
    ['what is no object', { all: ['role', null] }],
    ['nothing within a group', { all: [{}, { any: [{}] }] }],
    [
      'two kinds in one',
      {
        any: [
          { all: [], any: [] },
          { not: {}, condition: 'a' },
        ],
      },
    ],
    ['a comparison without an operator', { all: [{ fact: 'role', value: 1 }, { value: 1 }] }],
    ['members of other types', { all: [{ fact: 1, operator: 'a', value: 1 }, { condition: 1 }] }],
    ['groups that are no lists', { all: [{ all: {} }, { any: 1 }] }],
    [
      'labels that are none',
      {
        all: [
          { condition: 'a', name: 1 },
          { condition: 'a', priority: '1' },
        ],
      },
    ],
    [
      'an object as a value',
      {
        all: [
          { fact: 'a', operator: 'b', value: { a: 1 } },
          { fact: 'a', operator: 'b', value: {} },
        ],
      },
    ],
  ])('shows as JSON %s', (_name, json) => {
    const opaque = nodesOf(treeOf(json).root).filter(({ kind }) => kind === 'opaque');
    expect(opaque).toHaveLength(2);
  });

  it('draws what has members that nobody knows, and tells of them', () => {
    const { root } = treeOf({ all: [{ fact: 'a', operator: 'b', value: 1, note: 2 }], name: 'Both', weight: 1 });
    expect([labelOf(root), unknownMembers(root), unknownMembers(root.children[0]!)]).toEqual([
      'Both',
      ['weight'],
      ['note'],
    ]);
  });

  it('shows what is too deep to be drawn as JSON, however deep', () => {
    const deep = '{"not":'.repeat(2_000);
    const json = JSON.parse(`${deep}{"condition":"a"}${'}'.repeat(2_000)}`) as JsonValue;
    const tree = treeOf(json);
    expect(nodesOf(tree.root)).toHaveLength(MAX_DRAWN_DEPTH + 1);
    expect(text(jsonOfTree(tree))).toBe(text(json));
  });

  it('names each node by its place in the JSON, and finds it again by whatever is said of it', () => {
    fc.assert(
      fc.property(arbitraryConditions, (json) => {
        const tree = treeOf(json);
        const pointers = pointersOf(tree);
        for (const node of nodesOf(tree.root)) {
          const pointer = pointers.get(node.id)!;
          const there = pointerSteps(pointer).reduce((at, step) => (at as Record<string, JsonValue>)[step]!, json);
          expect(text(jsonOf(node))).toBe(text(there));
          expect(placeAt(tree, pointer)).toEqual({ node: node.id, rest: '' });
          expect(placeAt(tree, `${pointer}/value/a~1b`)).toEqual({ node: node.id, rest: '/value/a~1b' });
        }
        expect(new Set(pointers.values()).size).toBe(pointers.size);
      }),
    );
  });

  it('ends a pointer that leads nowhere where it leaves the tree', () => {
    const tree = treeOf({ all: [{ condition: 'a' }] });
    for (const pointer of ['/all/1', '/all/-1', '/all/01x', '/any/0', '/all']) {
      expect(placeAt(tree, pointer)).toEqual({ node: tree.root.id, rest: pointer });
    }
  });

  it('keeps the ids of nodes that stay where they are when other JSON is read', () => {
    const before = treeOf({ all: [{ condition: 'a' }, { any: [{ condition: 'b' }] }] });
    const after = treeOf({ any: [{ condition: 'c' }, { any: [{ condition: 'b' }, { condition: 'd' }] }] }, before);
    const [old, now] = [before, after].map(({ root }) => nodesOf(root).map(({ id }) => id));
    expect(now!.slice(0, 4)).toEqual(old);
    expect(old).not.toContain(now![4]);
  });

  it('knows everyone only where it stands alone', () => {
    expect([kindOf({}, 0), kindOf({}, 1)]).toEqual(['everyone', 'opaque']);
  });
});
