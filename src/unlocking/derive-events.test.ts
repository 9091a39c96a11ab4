import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_DISTINCT } from '../core/counting/derivations.js';
import { Recount, recount } from '../core/counting/recount.js';
import type { Action, Derivation } from '../core/flags/flag.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { type UserActionDay, type UserState, unknownUser } from '../core/states/user-state.js';
import { NOW, snapshotOf, userOf } from '../core/testing/samples.js';
import type { JsonObject, JsonValue } from '../core/values/json.js';
import { LARGEST_AMOUNT } from '../core/values/millionths.js';
import { ANY_ACTION } from '../core/values/names.js';
import { DAY_MS } from '../core/values/time/time.js';
import type { NewEvent } from '../store/event-store.js';
import { deriveEvents } from './derive-events.js';
import { judgeEvents } from './judge-events.js';
import { knownDerived } from './known-derived.js';
import { KeptInMemory } from './testing/kept-in-memory.js';

const event = (action: string, properties: JsonObject = {}, more: Partial<NewEvent> = {}): NewEvent => ({
  ...{ id: '1', source: '', userId: 'ada', action, value: 1, properties, receivedAt: NOW, occurredAt: NOW },
  ...more,
});

const declared = (derivations: Readonly<Record<string, Partial<Derivation>>>): readonly Action[] =>
  Object.entries(derivations).map(([name, given]) => ({
    ...{ name, clientTrackable: false },
    derivation: { from: ['a'], where: {}, countsSince: 0, ...given },
  }));

const snapshotWith = (derivations: Readonly<Record<string, Partial<Derivation>>>): Snapshot =>
  snapshotOf([], { actions: declared(derivations) });

/** What one event counts as: names and values. */
function countsAs(derivation: Partial<Derivation>, one: NewEvent, user: UserState = userOf()) {
  const { happenings } = deriveEvents(user, [one], snapshotWith({ d: derivation }), undefined);
  return happenings[0]!.counts.slice(1).map(({ action, value }) => [action, value]);
}

const property = (operator: string, value: JsonValue, read: JsonObject = { params: { name: 'p' } }): JsonObject => ({
  all: [{ fact: 'property', operator, value, ...read }],
});

describe('an event', () => {
  it('counts as what is derived from its action, if its properties say so', () => {
    expect(countsAs({}, event('a'))).toEqual([['d', 1]]);
    expect(countsAs({}, event('b'))).toEqual([]);
    expect(countsAs({ from: ['b', 'a'] }, event('b', {}, { value: -2.5 }))).toEqual([['d', -2.5]]);
    const where = property('greaterThan', 3);
    expect(countsAs({ where }, event('a', { p: 4 }))).toEqual([['d', 1]]);
    for (const properties of [{ p: 3 }, { p: '4x' }, {}, { q: 4 }])
      expect(countsAs({ where }, event('a', properties))).toEqual([]);
    const deep = property('equal', 'x', { path: '$.list[0].kind' });
    expect(countsAs({ where: deep }, event('a', { list: [{ kind: 'x' }] }))).toEqual([['d', 1]]);
    const both = property('lessThan', { fact: 'property', params: { name: 'q' } } as never);
    expect(countsAs({ where: both }, event('a', { p: 1, q: 2 }))).toEqual([['d', 1]]);
    expect(countsAs({ where: both }, event('a', { p: 3, q: 2 }))).toEqual([]);
  });

  it('counts with its own value, a constant, or a property that is a number', () => {
    expect(countsAs({ value: 5 }, event('a'))).toEqual([['d', 5]]);
    const value = { name: 'p', path: '$.net' };
    expect(countsAs({ value }, event('a', { p: { net: 0.1234567 } }))).toEqual([['d', 0.123457]]);
    for (const net of ['12', null, true, [1], 2 * LARGEST_AMOUNT])
      expect(countsAs({ value }, event('a', { p: { net } }))).toEqual([]);
    expect(countsAs({ value }, event('a'))).toEqual([]);
  });

  it('counts from an instant on', () => {
    expect(countsAs({ countsSince: NOW }, event('a'))).toEqual([['d', 1]]);
    expect(countsAs({ countsSince: NOW + 1 }, event('a'))).toEqual([]);
  });

  it('counts each value of a property once, whatever its type and the order of its members', () => {
    const distinct = { name: 'p' };
    const values: readonly JsonValue[] = [1, '1', 1, true, 'true', { a: 1, b: 2 }, { b: 2, a: 1 }, [1], null, ''];
    const events = [...values.map((p) => event('a', { p })), event('a')];
    const { happenings, counting } = deriveEvents(userOf(), events, snapshotWith({ d: { distinct } }));
    expect(happenings.map(({ counts }) => counts.length - 1)).toEqual([1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0]);
    expect(counting?.distinct()).toHaveLength(7);
  });

  it('counts no value beyond as many as are remembered', () => {
    const total = { ...{ count: MAX_DISTINCT - 1, sum: 0n, activeDays: 1 }, firstAt: 0, lastAt: 0, recentDays: 1n };
    const user = userOf({ actions: new Map([['d', total]]) });
    const events = ['x', 'y'].map((p) => event('a', { p }));
    const { happenings } = deriveEvents(user, events, snapshotWith({ d: { distinct: { name: 'p' } } }), undefined);
    expect(happenings.map(({ counts }) => counts.length)).toEqual([2, 1]);
  });

  it('counts as nothing by the name of a derived action', () => {
    expect(() => deriveEvents(userOf(), [event('d')], snapshotWith({ d: {} }), undefined)).toThrow(
      'is derived from others',
    );
  });
});

const anyEvents = fc.array(
  fc.record({
    action: fc.constantFrom('a', 'a', 'b', 'c'),
    value: fc.integer({ min: -3, max: 9 }),
    agoMs: fc.integer({ min: 0, max: 40 }).map((hours) => hours * 7_200_000),
    properties: fc.record(
      { p: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom('1', 'x')), q: fc.integer({ min: 0, max: 3 }) },
      { requiredKeys: [] },
    ),
  }),
  { minLength: 1, maxLength: 40 },
);

const anyDerivation: fc.Arbitrary<Partial<Derivation>> = fc.record(
  {
    from: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    where: fc.constantFrom<JsonObject>({}, property('greaterThanInclusive', 2), property('in', [1, '1', 'x'])),
    value: fc.constantFrom<NonNullable<Derivation['value']>>(2, { name: 'p' }, { name: 'q' }),
    distinct: fc.constantFrom({ name: 'p' }, { name: 'q' }),
    countsSince: fc.constantFrom(0, NOW - DAY_MS),
  },
  { requiredKeys: ['from'] },
);

/** Actions that count since another one, which is no source of theirs: since a plain one, and since the derived `one`. */
const anySince = fc.record({
  after: fc.tuple(anyDerivation, fc.constantFrom('a', 'b', 'c'), fc.constantFrom(undefined, 1, 2)),
  later: fc.tuple(anyDerivation, fc.constant('one'), fc.constantFrom(undefined, 1)),
});

type Since = readonly [given: Partial<Derivation>, action: string, withinDays: number | undefined];

function sinceOf([given, action, withinDays]: Since): Partial<Derivation> {
  const from = given.from!.filter((name) => name !== action);
  const since = { action, ...(withinDays === undefined ? {} : { withinDays }) };
  return { ...given, from: from.length === 0 ? [action === 'a' ? 'b' : 'a'] : from, since };
}

const at = (hours: number, action: string, n = hours): NewEvent =>
  event(action, { p: n }, { id: `${n}`, receivedAt: NOW + n, occurredAt: NOW + hours * 3_600_000 });

describe('an event that counts since another action', () => {
  const countOf = async (derivation: Partial<Derivation>, events: readonly NewEvent[], cuts: readonly number[] = []) =>
    (await happening(snapshotWith({ d: derivation }), events, cuts)).user.actions.get('d')?.count ?? 0;

  it('counts from the instant of that on, for as many times 24 hours as are said', async () => {
    const since = { action: 'b' };
    const events = [at(0, 'a'), at(1, 'b'), at(1, 'a'), at(25, 'a'), at(26, 'a'), at(100, 'a')];
    expect(await countOf({ since }, events)).toBe(4);
    expect(await countOf({ since: { ...since, withinDays: 1 } }, events)).toBe(2);
    expect(await countOf({ since: { ...since, withinDays: 1 } }, [...events, at(80, 'b')])).toBe(3);
    expect(await countOf({ since }, [at(1, 'a')])).toBe(0);
  });

  it('counts by when it occurred, whichever of the two comes late', async () => {
    const since = { action: 'b', withinDays: 2 };
    const events = [at(30, 'a', 1), at(90, 'a', 2), at(10, 'b', 3), at(9, 'a', 4), at(20, 'a', 5), at(9, 'b', 6)];
    for (const cuts of [[], [1, 1, 1, 1, 1], [2, 2], [3]]) expect(await countOf({ since }, events, cuts)).toBe(3);
  });

  it('reads earlier events only where some may have waited', async () => {
    const derivation = { since: { action: 'b', withinDays: 1 }, from: ['a'] };
    const hours = Array.from({ length: 60 }, (_, n) => n);
    const inOrder = hours.map((n) => at(n, n % 7 === 0 ? 'b' : 'a'));
    const single = hours.map(() => 1);
    expect((await happening(snapshotWith({ d: derivation }), inOrder, single)).reads).toBe(0);
    // Nor where events are late by less than what is covered anyway.
    const late = hours.map((n) => at(n % 2 === 0 ? n : n - 5, n % 7 === 0 ? 'b' : 'a', n));
    expect((await happening(snapshotWith({ d: derivation }), late, single)).reads).toBeLessThan(3);
  });

  it('looks at no more events again than a bound, however they are cut', async () => {
    const many = Array.from({ length: 1_300 }, (_, n) => at(10, 'a', n));
    const events = [...many, at(1, 'b', 1_300)];
    for (const cuts of [[], [700], [1_300]])
      expect(await countOf({ since: { action: 'b' } }, events, cuts)).toBe(1_000);
    const { derivations } = snapshotWith({ d: { since: { action: 'b' } } });
    expect(recount(userOf(), new Set(['d']), { derivations, events }).after.actions.get('d')?.count).toBe(1_000);
  });

  it('counts as often as a look at all that ever happened says', () =>
    fc.assert(
      fc.asyncProperty(
        anyEvents,
        anyDerivation,
        anySince,
        fc.array(fc.integer({ min: 1, max: 9 })),
        async (list, one, since, cuts) => {
          const snapshot = snapshotWith({ one, after: sinceOf(since.after), later: sinceOf(since.later) });
          const { derivations } = snapshot;
          const events = eventsOf(list);
          const { user } = await happening(snapshot, events, cuts);
          const { happenings } = deriveEvents(userOf(), events, snapshotWith({ one }));
          for (const name of ['after', 'later']) {
            const { since: wanted, distinct } = derivations.all.get(name)!;
            const windowMs = wanted!.withinDays === undefined ? Infinity : wanted!.withinDays * DAY_MS;
            const first = happenings.filter(({ counts }) => counts.some(({ action }) => action === wanted!.action));
            const counted = events.flatMap((candidate) => {
              const comesAfter = first.some(({ event: { occurredAt } }) => {
                const apart = candidate.occurredAt - occurredAt;
                return apart >= 0 && apart <= windowMs;
              });
              return comesAfter ? derivations.of(candidate).filter(({ action }) => action === name) : [];
            });
            const values = new Set(counted.map((derived) => derived.distinct));
            expect(user.actions.get(name)?.count ?? 0).toBe(distinct === undefined ? counted.length : values.size);
          }
        },
      ),
      { numRuns: 500 },
    ));
});

const eventsOf = (list: typeof anyEvents extends fc.Arbitrary<infer L> ? L : never) =>
  list.map(({ agoMs, action, value, properties }, i) =>
    event(action, properties as JsonObject, {
      ...{ id: `${i}`, value, receivedAt: NOW + i, occurredAt: NOW + i - agoMs },
    }),
  );

const byDay = (days: readonly UserActionDay[]) => new Map(days.map((row) => [`${row.day} ${row.action}`, row]));

describe('counting derived actions anew', () => {
  it('comes to what counting them with the events came to', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 });
    return fc.assert(
      fc.asyncProperty(anyEvents, anyDerivation, anySince, sizes, async (list, one, since, cuts) => {
        const any = { [ANY_ACTION]: { from: [ANY_ACTION] } };
        const snapshot = snapshotWith({ one, after: sinceOf(since.after), later: sinceOf(since.later), ...any });
        const { derivations } = snapshot;
        const events = eventsOf(list);
        const live = await happening(snapshot, events, cuts);
        expect(live.user.actions.get(ANY_ACTION)?.count).toBe(events.length);
        const names = new Set(['one', 'after', 'later', ANY_ACTION]);
        const plain = await happening(snapshotOf([]), events, []);
        const anew = recount(plain.user, names, { derivations, events });
        const byName = (user: UserState) => [...user.actions].toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(byName(anew.after)).toEqual(byName(live.user));
        const sorted = (some: readonly object[]) => some.map((value) => JSON.stringify(value)).toSorted();
        expect(sorted(anew.distinct)).toEqual(sorted(live.distinct));
        expect(sorted(anew.spans)).toEqual(sorted(live.spans));
        // However much of what is kept is at hand at once.
        const firsts = new Map<string, number>();
        for (const { action, occurredAt } of events)
          firsts.set(action, Math.min(occurredAt, firsts.get(action) ?? occurredAt));
        const paged = new Recount(plain.user, names, { derivations, firsts });
        for (let [i, from] = [0, 0]; from < events.length; from += cuts[i++] ?? 3)
          paged.take(events.slice(from, from + (cuts[i] ?? 3)));
        const { days, ...rest } = paged.done();
        expect({ ...rest, days: byDay(days) }).toEqual({ ...anew, days: byDay(anew.days) });
        // Of one that was counted otherwise before, too, and of some of them alone.
        for (const some of [names, new Set(['after']), new Set(['later'])]) {
          const again = recount(live.user, some, { derivations: derivations.among(some), events });
          expect(byName(again.after)).toEqual(byName(live.user));
        }
        // And nothing is left of one that is derived no more.
        const gone = recount(live.user, names, { derivations: snapshotOf([]).derivations, events });
        expect(byName(gone.after)).toEqual(byName(plain.user));
      }),
      { numRuns: 500 },
    );
  });

  it('knows when the action that must come first was first and last done, though that is kept no more', async () => {
    const events = [at(0, 'b'), at(30, 'b'), at(31, 'a'), at(70, 'a')];
    const { user } = await happening(snapshotOf([]), events, []);
    const kept = events.slice(2);
    const countOf = (since: NonNullable<Derivation['since']>) => {
      const { derivations } = snapshotWith({ d: { since } });
      return recount(user, new Set(['d']), { derivations, events: kept }).after.actions.get('d')?.count ?? 0;
    };
    expect(countOf({ action: 'b' })).toBe(2);
    expect(countOf({ action: 'b', withinDays: 1 })).toBe(1);
  });

  it('leaves out what takes a sum beyond its bound, and what no properties are known of', () => {
    const { derivations } = snapshotWith({ d: { value: { name: 'p' } }, e: {} });
    const said = [LARGEST_AMOUNT, 5, -7].map((p) => event('a', { p }));
    const unknown = { ...event('a'), properties: undefined };
    const names = new Set(['d', 'e']);
    const { after } = recount(userOf(), names, { derivations, events: [...said, unknown] });
    expect(after.actions.get('d')).toMatchObject({ count: 2, sum: BigInt(LARGEST_AMOUNT - 7) * 1_000_000n });
    expect(after.actions.get('e')?.count).toBe(4);
  });
});

async function happening(snapshot: Snapshot, events: readonly NewEvent[], cuts: readonly number[]) {
  let user: UserState = { ...unknownUser('ada'), revision: 1 };
  const kept = new KeptInMemory();
  let from = 0;
  for (const size of [...cuts, events.length]) {
    const batch = events.slice(from, from + size);
    from += size;
    if (batch.length === 0) continue;
    const judging = { snapshot, snapshotBefore: snapshot, reconfigured: new Set<string>(), now: NOW + DAY_MS };
    const happened = { before: user, events: batch };
    const known = await knownDerived(kept, [happened], snapshot.derivations);
    const judged = judgeEvents(happened, judging, {
      ...{ organization: undefined, dueAt: undefined, known: known('ada') },
    });
    kept.put(batch, judged.counted);
    user = judged.user;
  }
  return { user, distinct: kept.distinct, spans: kept.allSpans(), reads: kept.reads };
}
