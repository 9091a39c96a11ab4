import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlacedChange } from '../../store/outbox-store.js';
import { RecentUnlocks, sampled } from './recent-unlocks.js';

describe('a sample', () => {
  it('has at most so many, in order, and counts every other one', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 40 }), (size, most) => {
        const all = Array.from({ length: size }, (_, i) => i);
        const some = sampled(all, most);
        expect(some).toHaveLength(Math.min(size, most));
        expect(some.reduce((sum, { leftOut }) => sum + leftOut + 1, 0)).toBe(size);
        expect(some.map(({ one }) => one)).toEqual(some.map(({ one }) => one).toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('recent unlocks', () => {
  const change = (position: number, at: number, unlocked: readonly string[] = ['f']): PlacedChange => ({
    ...{ position, at, unlocked, locked: [], userId: `u${position}`, batch: '', revision: 1, cause: { type: 'time' } },
  });
  const outboxOf = (rows: PlacedChange[]) => ({
    recent: (since: number, limit: number) =>
      Promise.resolve(
        rows
          .filter(({ at }) => at >= since)
          .toSorted((a, b) => a.at - b.at || a.position - b.position)
          .slice(0, limit),
      ),
  });

  it('are told once, also those whose transaction commits after later ones, and counted for a minute', async () => {
    const rows = [change(1, 999_000), change(2, 930_000)];
    const recent = await RecentUnlocks.begin(outboxOf(rows), 1_000_000);
    expect([await recent.poll(1_000_500), recent.perMinute(1_000_500)]).toEqual([[], 1]);
    rows.push(change(4, 1_001_000, ['a', 'b']), change(5, 1_001_000, []));
    expect((await recent.poll(1_001_500)).map(({ flagKey }) => flagKey)).toEqual(['a', 'b']);
    rows.push(change(3, 1_000_400));
    expect((await recent.poll(1_002_500)).map(({ userId }) => userId)).toEqual(['u3']);
    expect(await recent.poll(1_003_500)).toEqual([]);
    expect(recent.perMinute(1_003_500)).toBe(4);
    expect(recent.perMinute(1_063_000)).toBe(0);
  });

  it('are all told in the end where there are more than are read at once', async () => {
    const rows: PlacedChange[] = [];
    const recent = await RecentUnlocks.begin(outboxOf(rows), 1_000_000);
    for (let i = 0; i < 12_000; i++) rows.push(change(i, 1_000_000 + Math.floor(i / 20)));
    const told: string[] = [];
    for (let now = 1_001_000; now < 1_006_000; now += 1_000) {
      told.push(...(await recent.poll(now)).map(({ userId }) => userId));
    }
    expect(new Set(told).size).toBe(12_000);
    expect(told).toHaveLength(12_000);
  });
});
