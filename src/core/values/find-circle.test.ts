import { describe, expect, it } from '@jest/globals';
import { findCircle } from './find-circle.js';

function circleIn(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  return findCircle(edges.keys(), (node) => edges.get(node) ?? []);
}

function graph(edges: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(edges));
}

describe('a circle', () => {
  it('is told as its path, without the way to it', () => {
    expect(circleIn(graph({ start: ['a'], a: ['x', 'b'], b: ['c'], c: ['a'], x: [] }))).toEqual(['a', 'b', 'c', 'a']);
    expect(circleIn(graph({ a: ['a'] }))).toEqual(['a', 'a']);
  });

  it('is not two ways to one node, nor an edge to nowhere', () => {
    expect(circleIn(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: ['gone'] }))).toBeUndefined();
    expect(circleIn(new Map())).toBeUndefined();
  });

  it('is found in names of any kind', () => {
    expect(
      circleIn(
        new Map([
          ['__proto__', ['constructor']],
          ['constructor', ['__proto__']],
        ]),
      ),
    ).toEqual(['__proto__', 'constructor', '__proto__']);
  });

  it('is found at any length, quickly even where many ways lead to one node', () => {
    const long = new Map<string, string[]>();
    for (let i = 0; i < 100_000; i += 1) long.set(`n${i}`, [`n${i + 1}`, `n${i + 2}`]);
    expect(circleIn(long)).toBeUndefined();
    long.set('n100000', ['n0']);
    expect(circleIn(long)).toHaveLength(100_002);
  });
});
