import { describe, expect, it } from '@jest/globals';
import type { AuditEntry, AuditReader } from '../../store/audit-store.js';
import { AuditTrail, MOST_MISSED } from './audit-trail.js';

const T = 1_000_000;
const entry = (id: number, at: number): AuditEntry => ({
  ...{ id, at, actor: 'a', actorOrganization: '', action: 'flag.set', target: `t${id}`, before: null, after: null },
  ...{ requestId: '', comment: '' },
});
const readerOf = (entries: AuditEntry[]): Pick<AuditReader, 'list'> => ({
  list: ({ limit, order, after }) => {
    const ids = entries.toSorted((a, b) => (order === 'oldest' ? a.id - b.id : b.id - a.id));
    const beyond = ids.filter(({ id }) => order !== 'oldest' || id > Number(after ?? -1)).slice(0, limit + 1);
    const items = beyond.slice(0, limit);
    return Promise.resolve({ items, ...(beyond.length > limit && { next: String(items.at(-1)!.id) }) });
  },
});

async function polled(trail: AuditTrail, now: number): Promise<readonly number[]> {
  const ids: number[] = [];
  await trail.poll(now, ({ id }) => ids.push(id));
  return ids;
}

describe('the trail of the audit', () => {
  it('tells of each entry once, also of one that is committed after later ones', async () => {
    const entries = [entry(1, T - 90_000), entry(3, T - 1_000)];
    const trail = await AuditTrail.begin(readerOf(entries), '', T);
    expect(await polled(trail, T)).toEqual([]);
    entries.push(entry(5, T + 100));
    expect(await polled(trail, T + 500)).toEqual([5]);
    entries.push(entry(2, T - 2_000), entry(4, T));
    expect(await polled(trail, T + 1_000)).toEqual([2, 4]);
    expect(await polled(trail, T + 60_000)).toEqual([]);
    expect(trail.mark).toEqual({ floor: 5, told: [] });
  });

  it('gives a reader who comes back what they were not told, at most so much', async () => {
    const entries = [entry(1, T)];
    const trail = await AuditTrail.begin(readerOf(entries), '', T);
    const { mark } = trail;
    entries.push(entry(2, T), entry(3, T));
    // What the trail has not told itself, it tells whoever has joined.
    expect(await trail.missed(mark)).toEqual([]);
    await polled(trail, T);
    expect((await trail.missed(mark))!.map(({ id }) => id)).toEqual([2, 3]);
    expect((await trail.missed({ floor: 0, told: [1, 3] }))!.map(({ id }) => id)).toEqual([2]);
    for (let id = 4; id < MOST_MISSED + 2; id++) entries.push(entry(id, T));
    await polled(trail, T);
    expect(await trail.missed(mark)).toHaveLength(MOST_MISSED);
    entries.push(entry(MOST_MISSED + 2, T));
    await polled(trail, T);
    expect(await trail.missed(mark)).toBeUndefined();
  });

  it('keeps no more ids than it may, whatever is written at once', async () => {
    const entries: AuditEntry[] = [];
    const trail = await AuditTrail.begin(readerOf(entries), '', T);
    for (let id = 1; id <= 3_000; id++) entries.push(entry(id, T));
    expect(await polled(trail, T)).toHaveLength(3_000);
    expect(trail.mark.told.length).toBeLessThanOrEqual(1_000);
    expect(await polled(trail, T)).toEqual([]);
  });
});
