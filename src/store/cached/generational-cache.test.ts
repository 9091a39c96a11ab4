import { describe, expect, it } from '@jest/globals';
import { GenerationalCache } from './generational-cache.js';

describe('a generational cache', () => {
  it('never holds more than its bound, and keeps what was set last', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 10 });
    for (let index = 0; index < 1000; index += 1) {
      cache.set(`id-${index}`, index);
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.get('id-999')).toBe(999);
    expect(cache.get('id-996')).toBe(996);
    expect(cache.get('id-980')).toBeUndefined();
  });

  it('keeps what is used, however much passes by', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 10 });
    cache.set('used', 1);
    for (let index = 0; index < 100; index += 1) {
      cache.set(`passing-${index}`, index);
      expect(cache.get('used')).toBe(1);
    }
  });

  it('does not take a look, or a replacement, for use', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 10 });
    cache.set('looked at', 1);
    for (let index = 0; index < 5; index += 1) cache.set(`passing-${index}`, index);
    cache.replace('looked at', 2);
    expect(cache.peek('looked at')).toBe(2);
    for (let index = 5; index < 10; index += 1) cache.set(`passing-${index}`, index);
    expect(cache.peek('looked at')).toBeUndefined();
    cache.replace('looked at', 3);
    expect(cache.peek('looked at')).toBeUndefined();
  });

  it('answers the value set last, in whichever generation the one before was', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 6 });
    for (const id of ['a', 'b', 'c']) cache.set(id, 1);
    cache.set('a', 2);
    expect(cache.size).toBe(3);
    expect(cache.get('a')).toBe(2);
    cache.set('d', 1);
    cache.set('e', 1);
    expect(cache.get('a')).toBe(2);
  });

  it('takes names of object properties and numbers for ids like any other', () => {
    const cache = new GenerationalCache<string>({ maxEntries: 100 });
    const ids = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', '0', '4294967295'];
    for (const id of ids) expect(cache.get(id)).toBeUndefined();
    for (const id of ids) cache.set(id, `value of ${id}`);
    for (const id of ids) expect(cache.get(id)).toBe(`value of ${id}`);
    expect(cache.size).toBe(ids.length);
  });

  it('counts rotations so that what was set at one of them is there until two later', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 4 });
    cache.set('first', 1);
    const then = cache.rotations;
    for (let index = 0; cache.rotations < then + 2; index += 1) {
      expect(cache.peek('first')).toBe(1);
      cache.set(`next-${index}`, index);
    }
    expect(cache.peek('first')).toBeUndefined();
  });

  it('weighs no more than its bound, and keeps what is used, whatever the entries weigh', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 1_000, maxWeight: 100, weightOf: (value) => value });
    cache.set('used', 1);
    for (let index = 0; index < 1_000; index += 1) {
      // Never all of what it is worth to keep at once: the young half is full before.
      cache.set(`id-${index % 70}`, 1 + ((index * 7) % 13));
      expect(cache.get('used')).toBe(1);
      expect(cache.weight).toBeLessThanOrEqual(100 + 2 * 13);
      expect(cache.weight).toBe(sumOf(cache, ['used', ...Array.from({ length: 70 }, (_, i) => `id-${i}`)]));
    }
    for (const id of ['id-3', 'id-4']) cache.replace(id, 2);
    expect(cache.weight).toBe(sumOf(cache, ['used', ...Array.from({ length: 70 }, (_, i) => `id-${i}`)]));
    cache.set('too heavy', 1_000);
    expect(cache.get('too heavy')).toBe(1_000);
    cache.set('next', 1);
    cache.set('heavy, too', 500);
    expect(cache.peek('too heavy')).toBeUndefined();
    cache.clear();
    expect(cache.weight).toBe(0);
  });

  it('works with the smallest bounds', () => {
    const cache = new GenerationalCache<number>({ maxEntries: 1 });
    cache.set('a', 1);
    expect(cache.get('a')).toBe(1);
    cache.set('b', 2);
    expect(cache.get('b')).toBe(2);
    expect(cache.size).toBeLessThanOrEqual(2);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});

function sumOf(cache: GenerationalCache<number>, ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + (cache.peek(id) ?? 0), 0);
}
