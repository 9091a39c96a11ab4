import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countEvents } from '../core/counting/count-events.js';
import type { SaidEvent } from '../core/counting/derivations.js';
import type { CountedValue, UserDistinctValue } from '../core/counting/distinct-values.js';
import { recount } from '../core/counting/recount.js';
import type { Span } from '../core/counting/spans.js';
import type { Derivation } from '../core/flags/flag.js';
import { type UserState, unknownUser } from '../core/states/user-state.js';
import { NOW, snapshotOf } from '../core/testing/samples.js';
import { millionthsOf } from '../core/values/millionths.js';
import { DAY_MS, HOUR_MS } from '../core/values/time/time.js';
import type { KeptEvent } from '../store/event-store.js';
import { inOrderTaken, type SequenceReading, sequencesWithout } from './reverse-sequences.js';

const DERIVED: Readonly<Record<string, Omit<Derivation, 'where' | 'countsSince'>>> = {
  kinds: { from: ['a'], distinct: { name: 'kind' } },
  after: { from: ['a', 'c'], since: { action: 'b' } },
  soon: { from: ['a', 'c'], since: { action: 'b', withinDays: 2 } },
  soon_kinds: { from: ['a', 'c'], since: { action: 'b', withinDays: 5 }, distinct: { name: 'kind' } },
  after_kinds: { from: ['b', 'c'], since: { action: 'kinds', withinDays: 1 } },
  kinds_after_kinds: { from: ['b', 'c'], since: { action: 'kinds' }, distinct: { name: 'kind' } },
};
const { derivations } = snapshotOf([], {
  actions: Object.entries(DERIVED).map(([name, given]) => ({
    ...{ name, clientTrackable: false, derivation: { ...given, where: {}, countsSince: 0 } },
  })),
});
/** The longest window among them. */
const MOST_DAYS = 5;
const NAMES = new Set(Object.keys(DERIVED));
const KEPT_FROM = NOW - 30 * DAY_MS;

const kept = (i: number, more: Partial<KeptEvent>): KeptEvent => ({
  ...{ id: `e${i}`, source: '', userId: 'ada', action: 'a', value: 1, properties: {}, state: 'done', dayZone: 'UTC' },
  ...{ occurredAt: NOW, receivedAt: NOW, place: 0, key: String(i).padStart(6, '0') },
  ...more,
});

const said = (event: KeptEvent): SaidEvent => event;

/** A user to whom all of this happened, and what is stored by which it is known what counts. */
function stateAfter(events: readonly KeptEvent[]) {
  const none = { windowedActions: new Set<string>(), streaks: new Map() };
  const plain = countEvents(unknownUser('ada'), events, none).after;
  return recount(plain, NAMES, { derivations, events: events.toSorted(inOrderTaken).map(said) });
}

type Stored = ReturnType<typeof stateAfter>;

const textOf = ({ action, value }: UserDistinctValue): string => `${action} ${value}`;

function storeOf({ spans, distinct }: Stored, events: readonly KeptEvent[]): SequenceReading {
  const counted = new Map(distinct.map((value) => [textOf(value), value.by]));
  return {
    kept: async (_, actions, { after, limit }) =>
      events
        .filter(({ action, key }) => actions!.includes(action) && key > after)
        .toSorted((one, other) => (one.key < other.key ? -1 : 1))
        .slice(0, limit),
    spans: async (of) => spans.filter((one) => of.some(({ action }) => action === one.action)),
    distinctValues: async () => ({
      has: (value) => counted.has(textOf(value)),
      isBy: (value, { id }) => counted.get(textOf(value))?.id === id,
    }),
  };
}

const countOf = ({ actions }: UserState, action: string): readonly [number, bigint] => {
  const { count, sum } = actions.get(action) ?? { count: 0, sum: 0n };
  return [count, sum];
};

const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted();

/** What is left of each derived action, by what is stored and what is told to have changed. */
async function without(events: readonly KeptEvent[], original: KeptEvent) {
  const stored = stateAfter(events);
  const still = events.filter(({ receivedAt }) => receivedAt >= KEPT_FROM);
  const found = await sequencesWithout(storeOf(stored, still), stored.after, original, {
    ...{ derivations, keptFrom: KEPT_FROM },
  });
  if (typeof found === 'string') return found;
  const { gone, come, spans, distinct, freed } = found;
  const left = (name: string) => {
    let [count, sum] = countOf(stored.after, name);
    for (const { action, value } of come) if (action === name) [count, sum] = [count + 1, sum + millionthsOf(value)];
    for (const { action, value } of gone) if (action === name) [count, sum] = [count - 1, sum - millionthsOf(value)];
    return [count, sum];
  };
  const values = new Map(stored.distinct.map((value) => [textOf(value), value.by.id]));
  for (const value of freed) values.delete(textOf(value));
  for (const value of distinct) values.set(textOf(value), value.by.id);
  const spansAfter = new Map([...stored.spans, ...spans].map((one) => [one.action, one.spans]));
  return { left, values, spans: spansAfter };
}

/**
 * Spans by which something may still come to count. Which older ones are stored depends on the latest that there ever was, and not on the
 * latest that is left.
 */
const mattering = (spans: readonly Span[] = []): readonly Span[] =>
  spans.filter(([, lastAt]) => lastAt >= KEPT_FROM - MOST_DAYS * DAY_MS);

const FOLLOWERS = derivations.followers().map(({ action }) => action);

describe('an event that is taken back, of actions that count since others,', () => {
  it('has changed nothing, whatever is kept no more', async () => {
    let [told, refused, lost] = [0, 0, 0];
    const event = fc.record({
      action: fc.constantFrom('a', 'a', 'b', 'c'),
      value: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom('one', 'two', 'three', 'four'),
      waitedMs: fc.constantFrom(0, HOUR_MS, DAY_MS, 3 * DAY_MS, 9 * DAY_MS),
      agoMs: fc.constantFrom(0, 0, 0, HOUR_MS, 2 * DAY_MS, 8 * DAY_MS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 25 }), fc.nat(), async (list, n) => {
        let receivedAt = NOW - list.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
        const events = list.map(({ action, value, kind, waitedMs, agoMs }, i) => {
          receivedAt += waitedMs;
          return kept(i, { action, value, properties: { kind }, receivedAt, occurredAt: receivedAt - agoMs });
        });
        const originals = events.filter(({ occurredAt }) => occurredAt >= KEPT_FROM);
        if (originals.length === 0) return;
        const original = originals[n % originals.length]!;
        const found = await without(events, original);
        if (typeof found === 'string') {
          refused++;
          return;
        }
        const never = stateAfter(events.filter((one) => one !== original));
        // What would count in its place may be kept no more: nobody can know of that.
        const stillKept = new Set(events.filter(({ receivedAt }) => receivedAt >= KEPT_FROM).map(({ id }) => id));
        const before = new Set(stateAfter(events).distinct.map((value) => `${textOf(value)} ${value.by.id}`));
        const isLost = (value: CountedValue): boolean =>
          !stillKept.has(value.by.id) && !before.has(`${textOf(value)} ${value.by.id}`);
        if (never.distinct.some(isLost)) {
          lost++;
          return;
        }
        told++;
        for (const name of FOLLOWERS) {
          if (!derivations.sequencesOf(original.action).some(({ action }) => action === name)) continue;
          expect([name, found.left(name)]).toEqual([name, countOf(never.after, name)]);
          const own = ([text]: readonly [string, unknown]): boolean => text.startsWith(`${name} `);
          const counted = never.distinct.map((value) => [textOf(value), value.by.id] as const);
          expect(sorted([...found.values].filter(own).map(String))).toEqual(sorted(counted.filter(own).map(String)));
          const spans = never.spans.find(({ action }) => action === name)?.spans ?? [];
          expect([name, mattering(found.spans.get(name))]).toEqual([name, mattering(spans)]);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refused + lost).toBeLessThan(told / 10);
  });

  it('is refused where it continues what is kept no more, and where too much is kept', async () => {
    const at = (days: number): Partial<KeptEvent> => ({
      ...{ occurredAt: NOW - days * DAY_MS, receivedAt: NOW - days * DAY_MS },
    });
    const first = [33, 31.5, 29.9].map((days, i) => kept(i, { action: 'b', ...at(days) }));
    expect(await without(first, first[2]!)).toBe(
      'whether something counts as "soon" depends on when "b" occurred before it, which is kept no more',
    );
    const another = [...first, kept(3, { action: 'b', ...at(29.8) })];
    expect(await without(another, another[3]!)).toMatchObject({ spans: expect.anything() });
    const many = Array.from({ length: 20_001 }, (_, i) => kept(i, {}));
    expect(await without(many, many[7]!)).toContain('more than 20000 events of the user');
  });
});
