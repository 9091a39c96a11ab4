import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { faultOfName } from '../../../src/core/values/names.js';
import { faultOfKey, keyOfName } from './flag-key.js';

describe('the key of a flag', () => {
  it.each([
    ['Reports & exports (new)', 'reports_exports_new'],
    ['Über Größe', 'uber_grosse'],
    ["Ada's tab", 'adas_tab'],
    ['v2.1 beta-test', 'v2.1_beta-test'],
    ['  flg_flg_1 ', '1'],
    ['レポート', ''],
    ['…', ''],
  ])('of %j is %j', (name, key) => {
    expect(keyOfName(name)).toBe(key);
  });

  it('is one that the server takes, or none, whatever the name', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(fc.oneof(text, fc.stringMatching(/^[flg_.\- A-Z]{0,200}$/)), (name) => {
        const key = keyOfName(name);
        expect(key === '' ? undefined : faultOfName('flagKey', key)).toBeUndefined();
        expect(keyOfName(key)).toBe(key);
      }),
    );
  });

  it('is refused where the server refuses it', () => {
    const text = fc.oneof(fc.string({ maxLength: 140 }), fc.stringMatching(/^(flg_)?[a-zA-Z0-9._ -]{0,130}$/));
    fc.assert(
      fc.property(text, (key) => (faultOfKey(key) === undefined) === (faultOfName('flagKey', key) === undefined)),
    );
    expect(faultOfKey('a b')).toEqual({ fault: 'character', character: ' ' });
  });
});
