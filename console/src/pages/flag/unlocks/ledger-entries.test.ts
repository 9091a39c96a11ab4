import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { UserLedgerEntry } from '../../../../../src/protocol/gen/admin-json.js';
import { keyed, newerThan, withOlder } from './ledger-entries.js';

const at = (i: number): UserLedgerEntry => ({
  user_id: `person-${i}`,
  organization_id: '',
  entry: { kind: 'KIND_UNLOCKED', rule_id: 'ten', recorded_at: new Date(i).toISOString() } as NonNullable<
    UserLedgerEntry['entry']
  >,
});
/** The newest of so many entries, newest first, without those behind. */
const newest = (of: number, behind: number) => keyed(Array.from({ length: of - behind }, (_, i) => at(of - i)));

describe('a ledger that is held', () => {
  it('counts what comes in, and shows what is older below, whatever came in before', () => {
    // Entries when it is held, and how many come in; how many of the oldest are not read, at first and by then.
    const numbers = fc
      .tuple(fc.integer({ min: 2, max: 120 }), fc.nat(120))
      .chain(([then, more]) =>
        fc.tuple(fc.constant(then), fc.constant(more), fc.nat(then - 1), fc.nat(then + more - 1)),
      );
    fc.assert(
      fc.property(numbers, ([then, more, unread, stillUnread]) => {
        const shown = newest(then, unread);
        const present = newest(then + more, stillUnread);
        const next = withOlder(shown, present);
        expect(next.slice(0, shown.length)).toEqual(shown);
        expect(next).toEqual(newest(then, Math.min(unread, stillUnread)));
        expect(newerThan(shown, present)).toBe(Math.min(more, present.length));
        expect(newerThan(next, present)).toBe(Math.min(more, present.length));
      }),
    );
  });

  it('tells entries of one instant apart', () => {
    const twice = keyed([at(2), at(1), at(1)]);
    expect(new Set(twice.map(({ key }) => key)).size).toBe(3);
    expect(keyed([at(3), at(2), at(1), at(1)]).slice(1)).toEqual(twice);
  });
});
