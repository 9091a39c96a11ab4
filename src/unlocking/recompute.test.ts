import { describe, expect, it } from '@jest/globals';
import { fromDay, latchingFlag, NOW, snapshotOf, userOf } from '../core/testing/samples.js';
import { type RecomputeTransaction, recompute } from './recompute.js';

const nothing = () => Promise.resolve();
const refused = () => Promise.reject(new Error('not asked for here'));

/** Takes every write and keeps none. */
const TRANSACTION: RecomputeTransaction = {
  users: {
    putTotals: nothing,
    addDays: nothing,
    distinctValues: refused,
    addDistinctValues: nothing,
    dropCounted: nothing,
    spans: refused,
    putSpans: nothing,
    lastEvents: refused,
    dropDistinctValues: nothing,
    dayRows: refused,
    kept: refused,
    firstAndLast: refused,
    takeDays: nothing,
    forgetActions: nothing,
    putDayZone: nothing,
    appendLedger: nothing,
    advance: nothing,
  },
  organizations: {
    read: refused,
    lock: refused,
    put: nothing,
    putAccess: nothing,
    dropAccess: refused,
    advance: nothing,
  },
  timers: { put: nothing, dueAt: () => Promise.resolve(new Map()) },
  outbox: { append: nothing },
  outbound: { append: nothing, take: refused, drop: nothing },
};

describe('recomputing many users', () => {
  it('gives way to whatever else the process has to do', async () => {
    const snapshot = snapshotOf(Array.from({ length: 100 }, (_, i) => latchingFlag(`flag-${i}`, fromDay(i))));
    const touched = Array.from({ length: 300 }, (_, i) => {
      const before = userOf({ id: `user-${i}` });
      return { before, after: { ...before, joinedAt: NOW }, cause: { type: 'identify' } as const };
    });
    let turns = 0;
    const count = (): void => {
      turns += 1;
      turning = setImmediate(count);
    };
    let turning = setImmediate(count);
    const { users } = await recompute(TRANSACTION, touched, { snapshot, now: NOW, batch: 'batch' });
    clearImmediate(turning);
    expect(users).toHaveLength(300);
    expect(turns).toBeGreaterThan(3);
  });
});
