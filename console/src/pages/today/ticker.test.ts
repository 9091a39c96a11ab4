import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { UnlockSeen } from '../../../../src/protocol/gen/admin-json.js';
import { EMPTY_TICKER, MOST_AT_ONCE, MOST_SHOWN, type TickerAction, tick } from './ticker.js';

const unlock = fc.record({ user_id: fc.string(), flag_key: fc.string(), left_out: fc.nat(50) });
const action: fc.Arbitrary<TickerAction> = fc.oneof(
  fc.record({ kind: fc.constant('seen' as const), unlocks: fc.array(unlock as fc.Arbitrary<UnlockSeen>) }),
  fc.constantFrom({ kind: 'pause' as const }, { kind: 'resume' as const }),
);

describe('the unlocks as they happen', () => {
  it('add few lines at once, stand still while they are paused, and lose none from the count', () => {
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        let ticker = EMPTY_TICKER;
        let happened = 0;
        for (const each of actions) {
          const before = ticker;
          ticker = tick(ticker, each);
          const added = ticker.next - before.next;
          if (each.kind === 'seen') for (const { left_out } of each.unlocks) happened += 1 + left_out;
          expect(added).toBeLessThanOrEqual(before.paused ? 0 : MOST_AT_ONCE);
          expect(ticker.shown.length).toBeLessThanOrEqual(MOST_SHOWN);
          expect(ticker.shown.slice(added)).toEqual(before.shown.slice(0, ticker.shown.length - added));
          expect(ticker.next - 1 + ticker.beyond + ticker.waiting).toBe(happened);
        }
      }),
    );
  });

  it('show the latest first', () => {
    const seen = (user_id: string) => ({ user_id, flag_key: 'tour', left_out: 0 });
    const ticker = tick(EMPTY_TICKER, { kind: 'seen', unlocks: [seen('ada'), seen('grace'), seen('kim')] });
    expect(ticker.shown.map(({ user_id }) => user_id)).toEqual(['kim', 'grace']);
    expect(ticker.beyond).toBe(1);
  });
});
