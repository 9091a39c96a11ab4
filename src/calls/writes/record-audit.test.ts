import { describe, expect, it } from '@jest/globals';
import { SECRET_NAMES } from '../../core/values/secrets.js';
import { redact } from './record-audit.js';

describe('redact', () => {
  it('replaces every secret on the list, however it is spelled and whatever it holds', () => {
    const spellings = (name: string): readonly string[] => [
      name,
      name.toUpperCase(),
      name.split('').join('_'),
      `-${name}`,
    ];
    for (const name of SECRET_NAMES) {
      for (const spelling of spellings(name)) {
        for (const value of ['s', 7, null, { deep: 's' }, ['s']]) {
          expect(redact({ [spelling]: value })).toEqual({ [spelling]: '[redacted]' });
        }
      }
    }
  });

  it('reaches into lists and objects, and leaves all else as it is', () => {
    const value = { rules: [{ secret: 's', name: 'n' }], tokens: 2, nothing: null, list: [[{ hash: 'h', ok: true }]] };
    expect(redact(value)).toEqual({
      ...{ rules: [{ secret: '[redacted]', name: 'n' }], tokens: 2, nothing: null },
      list: [[{ hash: '[redacted]', ok: true }]],
    });
    const own = JSON.parse('{"__proto__": {"password": "p"}}') as never;
    expect(JSON.stringify(redact(own))).toBe('{"__proto__":{"password":"[redacted]"}}');
  });

  it('has on its list what credentials are called', () => {
    for (const name of ['authorization', 'password', 'secret', 'token', 'apikey', 'hash', 'cookie', 'privatekey']) {
      expect(SECRET_NAMES.has(name)).toBe(true);
    }
  });
});
