import { describe, expect, it } from '@jest/globals';
import { GenerationalCache } from './generational-cache.js';

describe('a generational cache', () => {
  it('never holds more than its bound, and keeps what was set last', () => {
    const cache = new GenerationalCache<number>(10);
    for (let index = 0; index < 1000; index += 1) {
      cache.set(`id-${index}`, index);
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.get('id-999')).toBe(999);
    expect(cache.get('id-996')).toBe(996);
    expect(cache.get('id-980')).toBeUndefined();
  });

  it('keeps what is used, however much passes by', () => {
    const cache = new GenerationalCache<number>(10);
    cache.set('used', 1);
    for (let index = 0; index < 100; index += 1) {
      cache.set(`passing-${index}`, index);
      expect(cache.get('used')).toBe(1);
    }
  });

  it('does not take a look, or a replacement, for use', () => {
    const cache = new GenerationalCache<number>(10);
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
    const cache = new GenerationalCache<number>(6);
    for (const id of ['a', 'b', 'c']) cache.set(id, 1);
    cache.set('a', 2);
    expect(cache.size).toBe(3);
    expect(cache.get('a')).toBe(2);
    cache.set('d', 1);
    cache.set('e', 1);
    expect(cache.get('a')).toBe(2);
  });

  it('takes names of object properties and numbers for ids like any other', () => {
    const cache = new GenerationalCache<string>(100);
    const ids = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', '0', '4294967295'];
    for (const id of ids) expect(cache.get(id)).toBeUndefined();
    for (const id of ids) cache.set(id, `value of ${id}`);
    for (const id of ids) expect(cache.get(id)).toBe(`value of ${id}`);
    expect(cache.size).toBe(ids.length);
  });

  it('counts rotations so that what was set at one of them is there until two later', () => {
    const cache = new GenerationalCache<number>(4);
    cache.set('first', 1);
    const then = cache.rotations;
    for (let index = 0; cache.rotations < then + 2; index += 1) {
      expect(cache.peek('first')).toBe(1);
      cache.set(`next-${index}`, index);
    }
    expect(cache.peek('first')).toBeUndefined();
  });

  it('works with the smallest bounds', () => {
    const cache = new GenerationalCache<number>(1);
    cache.set('a', 1);
    expect(cache.get('a')).toBe(1);
    cache.set('b', 2);
    expect(cache.get('b')).toBe(2);
    expect(cache.size).toBeLessThanOrEqual(2);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});
