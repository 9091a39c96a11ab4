import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { roleLevels, rolesOf } from './role-hierarchy.js';

const builtIn = rolesOf(undefined);

describe('roles by distance', () => {
  it('go from one’s own to what those inherit', () => {
    expect(roleLevels(['admin'], builtIn)).toEqual([['admin'], ['manager'], ['employee']]);
    expect(roleLevels(['employee'], builtIn)).toEqual([['employee']]);
    expect(roleLevels([], builtIn)).toEqual([]);
  });

  it('name each role once, where it is nearest', () => {
    expect(roleLevels(['admin', 'employee', 'admin'], builtIn)).toEqual([['admin', 'employee'], ['manager']]);
  });

  it('take a role that nobody defined as a plain name', () => {
    expect(roleLevels(['astronaut', 'constructor', '__proto__'], builtIn)).toEqual([
      ['astronaut', 'constructor', '__proto__'],
    ]);
  });

  it('follow an organization’s own definitions, several parents included', () => {
    const roles = rolesOf({
      roles: [
        { name: 'head', inherits: ['lead', 'auditor'] },
        { name: 'lead', inherits: ['employee', 'unknown'] },
        { name: 'admin', inherits: ['head'] },
      ],
    });
    expect(roleLevels(['admin'], roles)).toEqual([['admin'], ['head'], ['lead', 'auditor'], ['employee', 'unknown']]);
    expect(roleLevels(['manager'], roles)).toEqual([['manager'], ['employee']]);
  });

  it('end for any definitions, circles included, and hold each role reached once', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'manager');
    const definitions = fc.array(fc.record({ name, inherits: fc.array(name) }));
    fc.assert(
      fc.property(definitions, fc.array(name), (roles, own) => {
        const all = roleLevels(own, rolesOf({ roles })).flat();
        expect(new Set(all).size).toBe(all.length);
        for (const role of own) expect(all).toContain(role);
      }),
    );
  });
});
