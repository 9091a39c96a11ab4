import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryWorld } from '../testing/arbitrary-world.js';
import { HeldUser } from './held-user.js';
import { PackedTotals } from './packed-totals.js';
import { type UserState, unknownUser } from './user-state.js';

/** What is in a state, its totals in a map as any. */
const plain = (user: UserState): object => ({ ...user, actions: new Map(user.actions) });

describe('a user as held', () => {
  it('has every member of the state, and no other', () => {
    fc.assert(
      fc.property(arbitraryWorld, ({ user }) => {
        const held = HeldUser.of(user);
        expect(plain(held)).toEqual(plain(user));
        expect(new Set(Object.keys(held))).toEqual(new Set(Object.keys(user)));
        expect(HeldUser.of(held)).toBe(held);
      }),
    );
    const all: Required<UserState> = {
      ...unknownUser('ada'),
      ...{ revision: 3, writtenAt: 1, joinedAt: 2, stageEnteredAt: 3, deletedAt: 4, identified: true },
      dayZone: { zone: 'Europe/Lisbon', since: 5 },
      ...{ timeZone: 'Europe/Lisbon', expectedOrganization: 'acme', daysOf: new Set(['save']) },
      actionDays: new Map([['save', [4, 5].map((day) => ({ day, count: 2, sum: BigInt(day - 4) }))]]),
      actions: new Map([['save', { count: 1, sum: 0n, activeDays: 1, firstAt: 1, lastAt: 1, recentDays: 1n }]]),
    };
    expect(plain(HeldUser.of(all))).toEqual(plain(all));
    expect(HeldUser.of(all).actions).toBeInstanceOf(PackedTotals);
  });

  it('has its roles and organization from others of the same', () => {
    const held = () => HeldUser.of({ ...unknownUser('ada'), roles: ['a', 'b'].map(String) });
    expect(held().roles).toBe(held().roles);
    const other = HeldUser.of({ ...unknownUser('ada'), roles: ['a,b'] });
    expect([held().roles, other.roles]).toEqual([['a', 'b'], ['a,b']]);
    // Those that are long are hardly others', too, and would stay when nobody has them any more.
    const long = () => HeldUser.of({ ...unknownUser('ada'), roles: ['a'.repeat(300)] });
    expect(long().roles).not.toBe(long().roles);
    expect(long().roles).toEqual(['a'.repeat(300)]);
  });

  it('keeps what was made of it, which no copy has', () => {
    const held = HeldUser.of(unknownUser('ada'));
    expect(HeldUser.madeOf(held)).toBeUndefined();
    HeldUser.keep(held, 7);
    expect([HeldUser.madeOf(held), HeldUser.madeOf({ ...held })]).toEqual([7, undefined]);
    const plainState = unknownUser('ada');
    HeldUser.keep(plainState, 7);
    expect(HeldUser.madeOf(plainState)).toBeUndefined();
  });
});
