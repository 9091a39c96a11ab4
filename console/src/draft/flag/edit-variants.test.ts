import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryContent, arbitraryVariantEdit } from '../testing/arbitrary-draft.js';
import type { JsonValue } from '../values/json.js';
import { editVariants, freeVariantKey, readNumber, valueAs } from './edit-variants.js';
import { type FlagContent, NEW_FLAG, newRule } from './flag-content.js';

/** Everything that a flag names of its variants. */
function named({ off_variant, distribution, rules }: FlagContent): readonly string[] {
  const shares = [...distribution, ...rules.flatMap((rule) => rule.distribution)];
  return [off_variant, ...shares.map(({ variant }) => variant)];
}

const TYPED = {
  BOOLEAN: (value: unknown) => typeof value === 'boolean',
  STRING: (value: unknown) => typeof value === 'string',
  NUMBER: (value: unknown) => Number.isFinite(value),
  JSON: () => true,
};

describe('an edit of variants', () => {
  it('leaves nothing named that is not there, of what was there', () => {
    fc.assert(
      fc.property(arbitraryContent, fc.array(arbitraryVariantEdit, { maxLength: 8 }), (content, edits) => {
        const strange = new Set(named(content).filter((name) => !content.variants.some(({ key }) => key === name)));
        const after = edits.reduce(editVariants, content);
        const keys = after.variants.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        expect(named(after).filter((name) => !keys.includes(name) && !strange.has(name))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('renames and renames back to what there was', () => {
    fc.assert(
      fc.property(arbitraryContent, fc.nat(), (content, pick) => {
        const { key } = content.variants[pick % Math.max(1, content.variants.length)] ?? { key: 'on' };
        fc.pre(!(key === 'on' && content.distribution.length === 0) && !named(content).includes('new'));
        const there = editVariants(content, { kind: 'rename', key, to: 'new' });
        expect(editVariants(there, { kind: 'rename', key: 'new', to: key })).toEqual(content);
      }),
    );
  });

  it('goes on serving what it serves by default under another name', () => {
    const renamed = editVariants(NEW_FLAG, { kind: 'rename', key: 'on', to: 'yes' });
    expect(renamed).toMatchObject({ distribution: [{ variant: 'yes', weight: 100_000 }], off_variant: 'off' });
  });

  it('takes a variant out of every distribution, but never the one that is served off', () => {
    const shares = [
      { variant: 'on', weight: 1 },
      { variant: 'off', weight: 2 },
    ];
    const flag = { ...NEW_FLAG, distribution: shares, rules: [{ ...newRule('a'), distribution: shares }] };
    const without = editVariants(flag, { kind: 'remove', key: 'on' });
    expect(named(without)).toEqual(['off', 'off', 'off']);
    expect(editVariants(flag, { kind: 'remove', key: 'off' })).toBe(flag);
  });

  it('makes values of the type, and changes none that is of it', () => {
    const value = fc.jsonValue() as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(value, fc.constantFrom('BOOLEAN', 'STRING', 'NUMBER', 'JSON'), (given, type) => {
        const made = valueAs(type, given);
        expect(TYPED[type](made)).toBe(true);
        expect(valueAs(type, made)).toEqual(made);
        if (TYPED[type](given)) expect(made).toEqual(given);
      }),
    );
  });

  it('gives a new variant a key that none has', () => {
    const added = [1, 2, 3].reduce((flag) => editVariants(flag, { kind: 'add', key: freeVariantKey(flag) }), NEW_FLAG);
    expect(added.variants.map(({ key }) => key)).toEqual(['on', 'off', 'variant-3', 'variant-4', 'variant-5']);
  });

  it.each([
    ['12', 12],
    [' -0.5e3 ', -500],
    ['0x10', undefined],
    ['1e999', undefined],
    ['', undefined],
    ['1,5', undefined],
  ])('reads the number %j as %j', (text, number) => {
    expect(readNumber(text)).toBe(number);
  });
});
