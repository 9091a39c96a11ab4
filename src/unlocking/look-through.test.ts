import { describe, expect, it } from '@jest/globals';
import type { Derivation } from '../core/flags/flag.js';
import { type ActionTotal, unknownUser } from '../core/states/user-state.js';
import { NOW, snapshotOf } from '../core/testing/samples.js';
import { HOUR_MS, MINUTE_MS } from '../core/values/time/time.js';
import type { KeptEvent } from '../store/event-store.js';
import { countsOf, type LookReading, lookThrough } from './look-through.js';

const EVERY_MS = 30_000;
const DERIVED: Readonly<Record<string, Partial<Derivation>>> = {
  large: { where: { all: [{ fact: 'property', params: { name: 'large' }, operator: 'equal', value: true }] } },
  kinds: { distinct: { name: 'kind' } },
  all: {},
};
const { derivations } = snapshotOf([], {
  actions: Object.entries(DERIVED).map(([name, given]) => ({
    ...{ name, clientTrackable: false, derivation: { from: ['a'], where: {}, countsSince: 0, ...given } },
  })),
});

/** So many events, one every half a minute, each of which counts as everything; and the store that keeps them. */
function history(count: number) {
  const events = Array.from({ length: count }, (_, i): KeptEvent => {
    const at = NOW - (count - i) * EVERY_MS;
    return {
      ...{ id: `e${i}`, source: '', userId: 'ada', action: 'a', value: 1, properties: { large: true, kind: `${i}` } },
      ...{ state: 'done', dayZone: 'UTC', occurredAt: at, receivedAt: at, place: i, key: String(i).padStart(8, '0') },
    };
  });
  const total: ActionTotal = {
    ...{ count, sum: 0n, activeDays: 1, recentDays: 1n },
    ...{ firstAt: events[0]!.occurredAt, lastAt: events.at(-1)!.occurredAt },
  };
  const actions = new Map(['a', 'large', 'kinds', 'all'].map((action) => [action, total]));
  let read = 0;
  const handed = <T extends readonly unknown[]>(some: T): T => {
    read += some.length;
    return some;
  };
  const subjects: LookReading = {
    kept: async (_, _actions, { after, limit }) => handed(events.filter(({ key }) => key > after).slice(0, limit)),
    lastEvents: async (_, _actions, limit) => handed(events.slice(-limit)),
    distinctValues: async () => ({ has: () => true, isBy: () => true }),
    firstAndLast: async (_, { except }) => {
      const others = events.filter(({ id }) => id !== except.id).map(({ occurredAt }) => occurredAt);
      return { firstAt: others[0]!, lastAt: others.at(-1)! };
    },
  };
  const look = (original: KeptEvent, spans: readonly string[], freed: readonly string[] = []) =>
    lookThrough(subjects, {
      ...{ before: { ...unknownUser('ada'), actions }, original, spans: new Set(spans), derivations },
      freed: countsOf(original, derivations, unknownUser('ada')).filter(({ action }) => freed.includes(action)),
    });
  return { events, look, read: () => read };
}

describe('the first and the last of an action without an event', () => {
  it('are found by the store where every event counts', async () => {
    const { events, look, read } = history(50_000);
    const last = await look(events.at(-1)!, ['a', 'all']);
    for (const action of ['a', 'all']) expect(last.spans.get(action)?.lastAt).toBe(events.at(-2)!.occurredAt);
    const first = await look(events[0]!, ['a', 'all']);
    for (const action of ['a', 'all']) expect(first.spans.get(action)?.firstAt).toBe(events[1]!.occurredAt);
    expect(read()).toBe(0);
  });

  it('are found among the last events where these say all', async () => {
    const { events, look, read } = history(50_000);
    const { spans } = await look(events.at(-1)!, ['large']);
    expect(spans.get('large')?.lastAt).toBe(events.at(-2)!.occurredAt);
    expect(read()).toBe(1_000);
    // One that was taken before all of these may have occurred after them.
    const close = history(1_500);
    for (const [i, event] of close.events.entries())
      Object.assign(event, {
        occurredAt: NOW - HOUR_MS + (i === 2 ? 4 * MINUTE_MS : i),
        receivedAt: NOW - HOUR_MS + i,
      });
    const found = await close.look(close.events.at(-1)!, ['large']);
    expect(found.spans.get('large')?.lastAt).toBe(NOW - HOUR_MS + 4 * MINUTE_MS);
  });

  it('are not looked for without end, nor is what counts in place of a value', async () => {
    const few = history(20_000);
    const { spans } = await few.look(few.events[0]!, ['large']);
    expect(spans.get('large')?.firstAt).toBe(few.events[1]!.occurredAt);
    const many = history(20_001);
    await expect(many.look(many.events[0]!, ['large'])).rejects.toThrow(
      'the event "e0" cannot be taken back: to find what stands in its place as "large", more than 20000 kept events',
    );
    await expect(many.look(many.events[5]!, [], ['kinds'])).rejects.toThrow('in its place as "kinds", more than 20000');
  });
});
