import { describe, expect, it } from '@jest/globals';
import { fieldsOf } from './fields-of.js';

describe('the fields of a difference', () => {
  it('are the steps of its pointer', () => {
    expect(fieldsOf({ pointer: '/flag/rules/a~1b~0c', before: 1, after: 2 })).toEqual([
      { place: ['flag', 'rules', 'a/b~c'], before: 1, after: 2 },
    ]);
  });

  it('are those with something in them, where the whole came or went', () => {
    const flag = { key: 'reports', name: '', tags: [], on: false };
    expect(fieldsOf({ pointer: '/flag', before: null, after: flag })).toEqual([
      { place: ['flag', 'key'], after: 'reports' },
      { place: ['flag', 'on'], after: false },
    ]);
    expect(fieldsOf({ pointer: '', before: { id: 'known' } })).toEqual([{ place: ['id'], before: 'known' }]);
  });

  it('leave a whole that became another one in one row', () => {
    expect(fieldsOf({ pointer: '', before: { a: 1 }, after: [2] })).toEqual([
      { place: [], before: { a: 1 }, after: [2] },
    ]);
  });
});
