import { describe, expect, it } from '@jest/globals';
import { contextReads, referencesOf } from './references.js';

describe('references', () => {
  it('are collected from every depth and from values', () => {
    const conditions = {
      all: [
        { condition: 'power-users' },
        { not: { any: [{ condition: 'beta' }, { condition: 'power-users' }] } },
        { fact: 'unlocked', params: { flag: 'reports' }, operator: 'equal', value: true },
        { fact: 'emailVerified', operator: 'equal', value: { fact: 'unlocked', params: { flag: 'export' } } },
      ],
    };
    expect(referencesOf(conditions)).toEqual({
      segments: new Map([
        ['power-users', 2],
        ['beta', 1],
      ]),
      unlockedFlags: new Set(['reports', 'export']),
      nodes: 8,
    });
    expect(referencesOf(conditions, { condition: 'beta' }).segments.get('beta')).toBe(2);
  });

  it('are none in what makes no sense', () => {
    const nothing = { segments: new Map(), unlockedFlags: new Set() };
    for (const nonsense of [
      null,
      [],
      5,
      'all',
      { all: 5 },
      { not: [] },
      { condition: 5 },
      JSON.parse('{"__proto__":{"fact":"role"}}'),
    ]) {
      expect(referencesOf(nonsense)).toMatchObject(nothing);
    }
  });

  it('are found however deep and wide', () => {
    let node: unknown = { condition: 'deep' };
    for (let i = 0; i < 100_000; i += 1) node = { not: node };
    expect([...referencesOf({ all: [node] }).segments]).toEqual([['deep', 1]]);
    const wide = { any: Array.from({ length: 200_000 }, () => ({ condition: 'wide' })) };
    expect([...referencesOf(wide).segments]).toEqual([['wide', 200_000]]);
  });
});

describe('what only a request can give', () => {
  it('is pointed at, in values too', () => {
    const conditions = {
      all: [
        { fact: 'attribute', path: '$.device', operator: 'equal', value: 'phone' },
        { fact: 'role', operator: 'equal', value: { fact: 'attribute', path: '$.job' } },
        { fact: 'organizationAttribute', path: '$.plan', operator: 'equal', value: 'pro' },
      ],
    };
    const reads = contextReads(conditions, '/rules/0/conditions');
    expect(reads.map(({ pointer }) => pointer)).toEqual([
      '/rules/0/conditions/all/0',
      '/rules/0/conditions/all/1/value',
    ]);
    expect(reads[0]?.message).toContain('"attribute $.device"');
  });
});
