import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_DISTINCT } from '../core/counting/derivations.js';
import { recount } from '../core/counting/recount.js';
import type { Action, Derivation } from '../core/flags/flag.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { type UserState, unknownUser } from '../core/states/user-state.js';
import { NOW, snapshotOf, userOf } from '../core/testing/samples.js';
import type { JsonObject, JsonValue } from '../core/values/json.js';
import { LARGEST_AMOUNT } from '../core/values/millionths.js';
import { DAY_MS } from '../core/values/time.js';
import type { NewEvent } from '../store/event-store.js';
import { deriveEvents } from './derive-events.js';
import { judgeEvents } from './judge-events.js';

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
    const { happenings, distinct: added } = deriveEvents(
      userOf(),
      events,
      snapshotWith({ d: { distinct } }),
      undefined,
    );
    expect(happenings.map(({ counts }) => counts.length - 1)).toEqual([1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0]);
    expect(added).toHaveLength(7);
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

describe('counting derived actions anew', () => {
  it('comes to what counting them with the events came to', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 });
    fc.assert(
      fc.property(anyEvents, anyDerivation, anyDerivation, sizes, (list, one, other, cuts) => {
        const snapshot = snapshotWith({ one, other });
        const events = list.map(({ agoMs, action, value, properties }, i) =>
          event(action, properties as JsonObject, {
            ...{ id: `${i}`, value, receivedAt: NOW + i, occurredAt: NOW + i - agoMs },
          }),
        );
        const live = happening(snapshot, events, cuts);
        const names = new Set(['one', 'other']);
        const plain = happening(snapshotOf([]), events, []);
        const anew = recount(plain.user, names, { derivations: snapshot.derivations, events });
        const byName = (user: UserState) => [...user.actions].toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(byName(anew.after)).toEqual(byName(live.user));
        const sorted = (some: readonly object[]) => some.map((value) => JSON.stringify(value)).toSorted();
        expect(sorted(anew.distinct)).toEqual(sorted(live.distinct));
        // Of one that was counted otherwise before, too.
        expect(recount(live.user, names, { derivations: snapshot.derivations, events }).after.actions).toEqual(
          anew.after.actions,
        );
        // And nothing is left of one that is derived no more.
        const gone = recount(live.user, names, { derivations: snapshotOf([]).derivations, events });
        expect(byName(gone.after)).toEqual(byName(plain.user));
      }),
      { numRuns: 500 },
    );
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

function happening(snapshot: Snapshot, events: readonly NewEvent[], cuts: readonly number[]) {
  let user: UserState = { ...unknownUser('ada'), revision: 1 };
  const distinct: object[] = [];
  const has = (value: object): boolean => distinct.some((one) => JSON.stringify(one) === JSON.stringify(value));
  let from = 0;
  for (const size of [...cuts, events.length]) {
    const batch = events.slice(from, from + size);
    from += size;
    if (batch.length === 0) continue;
    const judging = { snapshot, snapshotBefore: snapshot, reconfigured: new Set<string>(), now: NOW + DAY_MS };
    const judged = judgeEvents({ before: user, events: batch }, judging, {
      ...{ organization: undefined, dueAt: undefined, known: { has } },
    });
    distinct.push(...judged.counted.distinct);
    user = judged.user;
  }
  return { user, distinct };
}
