import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccessRow } from '../flags/flag.js';
import { unknownOrganization } from './organization-state.js';
import { organizationAfter, removed, renamed } from './role-change.js';
import { faultOfRoles } from './role-definitions.js';
import { inRow, roleLevels, rolesOf } from './role-hierarchy.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** Roles without circles: each inherits some of those before it, and of the built-in ones. */
const roles = fc
  .array(fc.subarray([...NAMES, 'employee', 'manager', 'admin']), { minLength: 1, maxLength: NAMES.length })
  .map((lists) =>
    lists.map((list, i) => {
      const inherits = list.filter((name) => !NAMES.includes(name) || NAMES.indexOf(name) < i);
      return { name: NAMES[i]!, inherits };
    }),
  );

const row = (role: string, flagId: string, managedBy = ''): AccessRow => ({
  ...{ flagId, userId: '', role, organizationId: 'acme', managedBy, effect: 'ALLOW', enabled: true },
});

describe('a renamed role', () => {
  it('means what it meant, whoever has it or inherits it', () => {
    fc.assert(
      fc.property(roles, fc.nat(), fc.array(fc.constantFrom(...NAMES, 'admin')), (before, at, own) => {
        const from = before[at % before.length]!.name;
        const rename = (name: string): string => (name === from ? 'new' : name);
        const change = renamed(before, { from, to: 'new' });
        expect(faultOfRoles(change.roles)).toBeUndefined();
        const was = roleLevels(own, rolesOf({ roles: before }));
        const is = roleLevels(own.map(rename), rolesOf({ roles: change.roles }));
        expect(is).toEqual(was.map((level) => level.map(rename)));
      }),
    );
  });

  it('takes its rows along, and leaves a row of the same flag and manager that its new name has', () => {
    const before = {
      ...unknownOrganization('acme'),
      roles: [{ name: 'a', inherits: [] }],
      access: [
        row('a', 'flg_1'),
        row('a', 'flg_2'),
        { ...row('new', 'flg_2'), enabled: false },
        row('a', 'flg_2', 'acme'),
      ],
    };
    const after = organizationAfter(before, renamed(before.roles, { from: 'a', to: 'new' }));
    expect(after.access).toEqual([
      { ...row('new', 'flg_2'), enabled: false },
      row('new', 'flg_1'),
      row('new', 'flg_2', 'acme'),
    ]);
  });
});

describe('a removed role', () => {
  it('is inherited by nobody, and what takes its place is', () => {
    fc.assert(
      fc.property(roles, fc.nat(), (before, at) => {
        const from = before[at % before.length]!.name;
        const change = removed(before, { from, to: 'employee' });
        expect(faultOfRoles(change.roles)).toBeUndefined();
        for (const { name, inherits } of before) {
          if (name === from || !inherits.includes(from)) continue;
          const all = inRow(roleLevels([name], rolesOf({ roles: change.roles })));
          expect(all).toContain('employee');
          expect(all).not.toContain(from);
        }
      }),
    );
  });
});

describe('what is wrong with roles', () => {
  const fault = (...defined: readonly [name: string, ...inherits: string[]][]) =>
    faultOfRoles(defined.map(([name, ...inherits]) => ({ name, inherits })));

  it.each([
    ['a circle', fault(['a', 'b'], ['b', 'c'], ['c', 'a']), '', 'a → b → c → a'],
    ['one’s own parent', fault(['a', 'a']), '', 'a → a'],
    [
      'an unknown parent',
      fault(['lead', 'employe']),
      '/0/inherits/0',
      '"employe", which is none of: employee, manager, admin, lead; did you mean "employee"?',
    ],
    ['a built-in role', fault(['manager']), '/0/name', '"manager" is built in'],
    ['a parent named twice', fault(['a', 'employee', 'employee']), '/0/inherits/1', '"employee" twice'],
    ['a name twice', fault(['a'], ['a']), '/1/name', 'stands twice'],
    ['no name', fault(['']), '/0/name', 'must not be empty'],
    [
      'too many',
      faultOfRoles(Array.from({ length: 201 }, (_, i) => ({ name: `r${i}`, inherits: [] }))),
      '',
      'at most 200 roles, not 201',
    ],
    [
      'too many parents',
      fault(...Array.from({ length: 21 }, (_, i): [string] => [`r${i}`]), [
        'a',
        ...Array.from({ length: 21 }, (_, i) => `r${i}`),
      ]),
      '/21/inherits',
      '21 roles directly',
    ],
  ])('is told of %s', (_name, found, pointer, message) => {
    expect(found).toEqual({ pointer, message: expect.stringContaining(message) });
  });
});
