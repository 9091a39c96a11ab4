import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { circleOf, type RoleBranch, roleTree } from './role-tree.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Each role inherits some of those before it: no circle. */
const hierarchy = fc
  .tuple(...NAMES.map((_, at) => fc.subarray(NAMES.slice(0, at))))
  .map((lists) => NAMES.map((name, at) => ({ name, inherits: lists[at] ?? [] })));

function names(branches: readonly RoleBranch[]): string[] {
  return branches.flatMap(({ name, above }) => [name, ...names(above)]);
}

describe('the tree of roles', () => {
  it('has each role, and below each those that inherit it', () => {
    fc.assert(
      fc.property(hierarchy, (roles) => {
        expect([...new Set(names(roleTree(roles)))].toSorted()).toEqual(NAMES);
        const walk = ({ name, above }: RoleBranch): void => {
          const heirs = roles.filter(({ inherits }) => inherits.includes(name)).map((role) => role.name);
          expect(above.map((branch) => branch.name)).toEqual(heirs);
          above.forEach(walk);
        };
        roleTree(roles).forEach(walk);
      }),
    );
  });
  it('tells of a circle exactly where a role would come back to itself', () => {
    fc.assert(
      fc.property(hierarchy, fc.constantFrom(...NAMES), fc.subarray(NAMES), (roles, role, inherits) => {
        const next = roles.map((each) => (each.name === role ? { ...each, inherits } : each));
        const below = new Set<string>();
        const walk = (name: string): void => {
          for (const each of next.find((other) => other.name === name)?.inherits ?? [])
            if (!below.has(each)) {
              below.add(each);
              walk(each);
            }
        };
        walk(role);
        const circle = circleOf(roles, role, inherits);
        expect(circle !== undefined).toBe(below.has(role));
        if (circle !== undefined) expect([circle[0], circle.at(-1)]).toEqual([role, role]);
      }),
    );
  });
});
