import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { saveRequest } from './flag/save-request.js';
import { faultOfKey, keyOfName } from './flag-key.js';
import {
  addItems,
  blankFlag,
  draftOfForm,
  EARNED_BY,
  faultsOfNew,
  keepNewFlag,
  keptNewFlag,
  MOST_ITEMS,
  type NewFlag,
  renamed,
  WHO,
  withTyped,
} from './new-flag.js';

const stuck = { stage: 'trial', days: 3, organization: 'acme' };
const ids = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 3 });
const typed = fc.oneof(fc.constantFrom('10', '0', '', 'x', '12.345', '101', '99'), fc.string({ maxLength: 4 }));
const forms: fc.Arbitrary<NewFlag> = fc.record({
  name: fc.string({ maxLength: 40 }),
  key: fc.oneof(fc.constantFrom('reports', '', 'a b', 'flg_1'), fc.string({ maxLength: 10 })),
  who: fc.constantFrom(...WHO),
  share: typed,
  roles: ids,
  organizations: ids,
  people: ids,
  typed: fc.string({ maxLength: 4 }),
  earnedBy: fc.constantFrom(...EARNED_BY),
  action: fc.constantFrom('', 'report_created'),
  times: typed,
  days: typed,
  stage: fc.constantFrom('', 'trial'),
  active: fc.boolean(),
  comment: fc.string({ maxLength: 10 }),
});
const sent = (form: NewFlag) =>
  saveRequest(draftOfForm(form, stuck), { comment: form.comment, on_rule_change: 'KEEP' });

describe('a new flag', () => {
  it('is sent as it was typed, once nothing of it is missing', () => {
    fc.assert(
      fc.property(forms, (form) => {
        const { flag, access = [], expected_version } = sent(form);
        expect(expected_version).toBe(0);
        const faults = faultsOfNew(form);
        const [rule, ...more] = flag?.rules ?? [];
        expect(more).toEqual([]);
        const byRule = !['nobody', 'everyone', 'people'].includes(form.who);
        if (byRule) expect(rule === undefined).toBe(faults.some((fault) => fault !== 'name' && fault !== 'key'));
        else expect(rule).toBeUndefined();
        expect(flag?.is_enabled_globally ?? false).toBe(form.who === 'everyone');
        expect(flag?.active ?? true).toBe(form.active);
        expect(new Set(access?.map(({ user_id }) => user_id))).toEqual(
          new Set(form.who === 'people' ? form.people : []),
        );
        expect(rule?.policy ?? 'LIVE').toBe(
          form.who === 'earned' && byRule && rule !== undefined ? 'LATCHING' : 'LIVE',
        );
      }),
    );
  });

  it.each([
    [
      { who: 'share', share: '12.345' },
      { rollout: 12_345, conditions: {} },
    ],
    [{ who: 'roles', roles: ['a'] }, { conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'a' }] } }],
    [
      { who: 'roles', roles: ['a', 'b'] },
      {
        conditions: {
          any: [
            { fact: 'roles', operator: 'contains', value: 'a' },
            { fact: 'roles', operator: 'contains', value: 'b' },
          ],
        },
      },
    ],
    [
      { who: 'organizations', organizations: ['acme'] },
      { conditions: { all: [{ fact: 'organization', operator: 'in', value: ['acme'] }] } },
    ],
    [
      { who: 'earned', action: 'report_created', times: '3' },
      {
        policy: 'LATCHING',
        conditions: {
          all: [
            {
              fact: 'actionCount',
              params: { action: 'report_created' },
              operator: 'greaterThanInclusive',
              value: 3,
            },
          ],
        },
      },
    ],
    [
      { who: 'earned', earnedBy: 'stage', stage: 'trial' },
      { conditions: { all: [{ fact: 'stagesReached', operator: 'contains', value: 'trial' }] } },
    ],
    [
      { who: 'stuck' },
      {
        policy: 'LIVE',
        conditions: {
          all: [
            { fact: 'stage', operator: 'equal', value: 'trial' },
            { fact: 'daysInStage', operator: 'greaterThanInclusive', value: 3 },
            { fact: 'organization', operator: 'equal', value: 'acme' },
          ],
        },
      },
    ],
  ] as const)('for %j has that rule', (fields, rule) => {
    expect(sent({ ...blankFlag(), ...fields }).flag?.rules?.[0]).toMatchObject(rule);
  });

  it('has each name once that was typed or pasted, and tells how many were left out', () => {
    const names = fc.array(fc.string({ maxLength: 6 }), { maxLength: 2 * MOST_ITEMS, size: 'max' });
    fc.assert(
      fc.property(names, names, (first, second) => {
        const before = addItems([], first, 4).items;
        const { items, tooLong, tooMany } = addItems(before, second, 4);
        expect(items.slice(0, before.length)).toEqual(before);
        const named = new Set([...before, ...second.map((name) => name.trim()).filter((name) => name !== '')]);
        expect(items.length + tooLong + tooMany).toBe(named.size);
        expect(new Set(items).size).toBe(items.length);
        expect(items.every((item) => named.has(item) && item.length <= 4)).toBe(true);
        expect(items.length).toBe(Math.min(MOST_ITEMS, named.size - tooLong));
      }),
    );
  });

  it('has the name, too, that was typed and not added', () => {
    const flag = { ...blankFlag(), people: ['ada'], typed: ' bob ' };
    expect(withTyped({ ...flag, who: 'people' })).toEqual({
      ...flag,
      who: 'people',
      people: ['ada', 'bob'],
      typed: '',
    });
    expect(withTyped({ ...flag, who: 'roles' })).toMatchObject({ people: ['ada'], roles: ['bob'] });
    expect(withTyped({ ...flag, who: 'share' })).toMatchObject({ people: ['ada'], roles: [] });
  });

  it('has the key that its name suggests until it is given another, which then stays', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }), { minLength: 1 }), (names) => {
        const flag = names.reduce(renamed, blankFlag());
        expect(flag.key).toBe(keyOfName(names.at(-1)!));
        const own = { ...flag, key: 'its.own' };
        expect(names.reduce(renamed, own).key).toBe('its.own');
      }),
    );
  });

  it('is kept as text and read again, and not from nonsense', () => {
    fc.assert(fc.property(forms, (form) => expect(keptNewFlag(keepNewFlag(form))).toEqual(form)));
    const flag = keepNewFlag(blankFlag());
    for (const nonsense of [
      '',
      '[]',
      'null',
      '{"version":1}',
      flag.replace('nobody', 'some'),
      flag.replace('[]', '[1]'),
    ])
      expect(keptNewFlag(nonsense)).toBeUndefined();
  });

  it('names its faults in the order of its fields', () => {
    expect(faultsOfNew({ ...blankFlag(), who: 'earned' })).toEqual(['name', 'key', 'action']);
    expect(faultOfKey(blankFlag().key)).toEqual({ fault: 'empty' });
  });
});
