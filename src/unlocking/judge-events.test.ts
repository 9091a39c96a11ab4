import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countEvents } from '../core/counting/count-events.js';
import { recount } from '../core/counting/recount.js';
import type { Action, Flag } from '../core/flags/flag.js';
import { compileSnapshot } from '../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { type UserState, unknownUser } from '../core/states/user-state.js';
import {
  afterUnlocking,
  configurationOf,
  flagOf,
  latchingFlag,
  NOW,
  ruleOf,
  segmentOf,
  snapshotOf,
  userOf,
} from '../core/testing/samples.js';
import type { JsonObject } from '../core/values/json.js';
import { ANY_ACTION } from '../core/values/names.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/values/time/time.js';
import type { NewEvent } from '../store/event-store.js';
import type { UserLedgerEntry } from '../store/user-store.js';
import { judgeEvents } from './judge-events.js';
import { judgeUser } from './judge-user.js';
import { knownDerived } from './known-derived.js';
import {
  afterMs,
  event as arbitraryEvent,
  arbitraryHistory,
  DERIVED_ACTIONS,
  profile,
  STAGES,
  sinceUnlock,
} from './testing/arbitrary-history.js';
import { judgeByEverything } from './testing/judge-by-everything.js';
import { KeptInMemory } from './testing/kept-in-memory.js';

/** A user as stored, with the timer. */
interface Stored {
  readonly user: UserState;
  readonly dueAt: number | undefined;
}

interface Course extends Stored {
  readonly entries: readonly Omit<UserLedgerEntry, 'recordedAt'>[];
}

function judging(snapshot: Snapshot, now: number) {
  return { snapshot, snapshotBefore: snapshot, reconfigured: new Set<string>(), now };
}

/** Has the events happen in batches of these sizes; the last one has the rest. Each batch comes `lateMs` after its last event. */
async function inBatches(
  snapshot: Snapshot,
  start: Stored,
  events: readonly NewEvent[],
  sizes: readonly number[],
  lateMs = 0,
) {
  let { user, dueAt } = start;
  const entries: Omit<UserLedgerEntry, 'recordedAt'>[] = [];
  const kept = new KeptInMemory();
  let from = 0;
  for (const size of [...sizes, events.length]) {
    const batch = events.slice(from, from + size);
    from += size;
    if (batch.length === 0) continue;
    const now = batch.at(-1)!.receivedAt + lateMs;
    const happened = { before: user, events: batch };
    const known = await knownDerived(kept, [happened], snapshot.derivations);
    const around = { organization: undefined, dueAt, known: known(user.id) };
    const judged = judgeEvents(happened, judging(snapshot, now), around);
    kept.put(batch, judged.counted);
    user = judged.user;
    dueAt = judged.dueAt === Infinity ? undefined : judged.dueAt;
    for (const { recordedAt, ...entry } of judged.entries) {
      expect(recordedAt).toBe(now);
      entries.push(entry);
    }
  }
  return { user: { ...user, revision: 0 }, dueAt, entries } satisfies Course;
}

/** Judges the user by every flag after every single event, in the plainest way. */
function oneByOne(snapshot: Snapshot, start: Stored, events: readonly NewEvent[]) {
  let { user, dueAt } = start;
  const entries: unknown[] = [];
  const seenEvents = new Seen();
  for (const event of events) {
    const at = Math.max(event.receivedAt, user.writtenAt ?? 0);
    const counts = [event, ...seenEvents.derivedFrom(event)];
    const { after } = countEvents(user, counts, snapshot);
    const touched = { before: user, after, cause: { type: 'identify' } } as const;
    const judged = judgeByEverything(touched, { ...judging(snapshot, at) }, { ...nowhere, dueAt });
    user = { ...after, ledger: judged.ledger, writtenAt: at };
    dueAt = judged.dueAt === Infinity ? undefined : judged.dueAt;
    entries.push(...judged.entries);
  }
  return { user: { ...user, revision: 0 }, dueAt, entries };
}

/** What was seen of a user's events by which further ones count as something else. */
class Seen {
  readonly #kinds = new Set<unknown>();
  readonly #events: NewEvent[] = [];
  readonly #counted = new Set<string>();

  /** What an event counts as beside its own action, and which earlier ones with it: what `DERIVED_ACTIONS` say, in plain words. */
  derivedFrom(event: NewEvent): readonly NewEvent[] {
    this.#events.push(event);
    const { kind } = event.properties as { readonly kind: number };
    const derived: NewEvent[] = [{ ...event, action: ANY_ACTION }];
    if (isLarge(event)) derived.push({ ...event, action: 'large' });
    if (event.action !== 'a' && !this.#kinds.has(kind)) {
      this.#kinds.add(kind);
      derived.push({ ...event, action: 'kinds', value: kind });
    }
    for (const one of this.#events) {
      const isSoonAfter = (first: NewEvent): boolean =>
        first.action === 'a' && isNotBefore(one, first) && one.occurredAt <= first.occurredAt + 2 * DAY_MS;
      const isLater = (first: NewEvent): boolean => isLarge(first) && isNotBefore(one, first);
      if (one.action !== 'a' && this.#events.some(isSoonAfter)) derived.push(...this.#once(one, 'after'));
      if (one.action !== 'c' && this.#events.some(isLater)) derived.push(...this.#once(one, 'later'));
    }
    return derived;
  }

  #once(event: NewEvent, action: string): readonly NewEvent[] {
    const key = `${event.id} ${action}`;
    if (this.#counted.has(key)) return [];
    this.#counted.add(key);
    return [{ ...event, action }];
  }
}

function isLarge({ action, occurredAt, properties }: NewEvent): boolean {
  return action !== 'b' && properties.large === true && occurredAt >= NOW - 2 * DAY_MS;
}

function isNotBefore(one: NewEvent, other: NewEvent): boolean {
  return one.occurredAt >= other.occurredAt;
}

const nowhere = { organizationBefore: undefined, organization: undefined };

const eventsFrom = fc
  .array(fc.tuple(fc.oneof(fc.constant(0), afterMs), arbitraryEvent), { minLength: 1, maxLength: 14 })
  .map((list) => {
    let receivedAt = NOW;
    return list.map(([waited, { agoMs, ...event }], i): NewEvent => {
      receivedAt += waited;
      return {
        id: `${i}`,
        source: '',
        userId: 'ada',
        ...event,
        receivedAt,
        occurredAt: receivedAt - agoMs,
      };
    });
  });

const world = fc.record({
  history: arbitraryHistory,
  given: profile.map(({ organizationId: _, ...rest }) => rest),
  isNew: fc.boolean(),
  events: eventsFrom,
  sizes: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 }),
  lateMs: fc.constantFrom(0, 1, 3 * HOUR_MS, 9 * DAY_MS),
});

type World = Pick<typeof world extends fc.Arbitrary<infer W> ? W : never, 'history' | 'given' | 'isNew'>;

/** A snapshot, and a user who was judged by it, or who is new. */
function startOf(
  { history, given, isNew }: World,
  actions: readonly Action[] = [...DERIVED_ACTIONS, sinceUnlock(history.flags)],
) {
  const more = {
    segments: [segmentOf('often', history.often)],
    stages: STAGES.map((name) => ({ name, selfSettable: true })),
    roleAccess: history.roleAccess,
    actions,
  };
  const snapshot = compileSnapshot(configurationOf(history.flags, more));
  const nobody = unknownUser('ada');
  if (isNew) return { snapshot, start: { user: nobody, dueAt: undefined } };
  const touched = { before: nobody, after: { ...nobody, ...given }, cause: { type: 'identify' } } as const;
  const { user, dueAt } = judgeUser(touched, judging(snapshot, NOW - 1), { ...nowhere, dueAt: undefined });
  return { snapshot, start: { user, dueAt: dueAt === Infinity ? undefined : dueAt } };
}

/** Rules that were changed before, between or after the events, with what is known of the user from before that. */
const changed = fc.record({
  changes: fc.array(fc.option(fc.integer({ min: -72, max: 192 }), { nil: undefined }), {
    minLength: 14,
    maxLength: 14,
  }),
  marked: fc.subarray(Array.from({ length: 7 }, (_, i) => i)),
  wasDeleted: fc.boolean(),
});

function startBefore(given: Parameters<typeof startOf>[0], { changes, marked, wasDeleted }: Changed) {
  const { history } = given;
  const { start } = startOf(given);
  const flags = history.flags.map((flag, i) => ({
    ...flag,
    ...(marked.includes(i) && { unsettledSince: 1 }),
    rules: flag.rules.map((rule, n) => {
      const hours = changes[2 * i + n];
      return hours === undefined ? rule : { ...rule, changedAt: NOW + hours * HOUR_MS };
    }),
  }));
  const { snapshot } = startOf({ ...given, history: { ...history, flags } });
  const user = wasDeleted ? { ...start.user, deletedAt: NOW - 9 * DAY_MS } : start.user;
  return { snapshot, start: { ...start, user } };
}

type Changed = typeof changed extends fc.Arbitrary<infer C> ? C : never;

const seen = { byEvent: 0, byTime: 0, timers: 0, cuts: 0, large: 0, kinds: 0, after: 0, later: 0, unlocked_first: 0 };

describe('judging a user after each event', () => {
  it('comes to the same ledger, state and timer however the events are cut into batches, and however late', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ events, sizes, lateMs, ...rest }) => {
        const { snapshot, start } = startOf(rest);
        const alone = await inBatches(
          snapshot,
          start,
          events,
          events.map(() => 1),
        );
        expect(await inBatches(snapshot, start, events, sizes, lateMs)).toEqual(alone);
        expect(await inBatches(snapshot, start, events, [])).toEqual(alone);
        seen.cuts += sizes.length;
        for (const { cause } of alone.entries) seen[cause.type === 'time' ? 'byTime' : 'byEvent'] += 1;
        if (alone.dueAt !== undefined) seen.timers += 1;
        // Counted anew, by what the ledger says now, it is the same.
        const names = new Set(['unlocked_first']);
        const derivations = snapshot.derivations.among(names);
        expect(recount(alone.user, names, { derivations, events }).after.actions).toEqual(alone.user.actions);
        for (const name of ['large', 'kinds', 'after', 'later', 'unlocked_first'] as const)
          if (alone.user.actions.has(name)) seen[name] += 1;
      }),
      { numRuns: 1_000 },
    );
    // The rarest of them, what time unlocks, comes some sixteen times.
    for (const [name, count] of Object.entries(seen)) expect({ name, some: count > 0 }).toEqual({ name, some: true });
  });

  it('comes to the same where rules have changed since the events were received, and flags are marked', async () => {
    await fc.assert(
      fc.asyncProperty(world, changed, async ({ events, sizes, lateMs, ...rest }, how) => {
        const { snapshot, start } = startBefore(rest, how);
        const single = events.map(() => 1);
        const alone = await inBatches(snapshot, start, events, single);
        expect(await inBatches(snapshot, start, events, sizes, lateMs)).toEqual(alone);
        expect(await inBatches(snapshot, start, events, [])).toEqual(alone);
      }),
      { numRuns: 1_000 },
    );
  });

  it('comes to what judging by every flag after every event comes to', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ events, sizes, lateMs, ...rest }) => {
        const { snapshot, start } = startOf(rest, DERIVED_ACTIONS);
        const { entries, ...state } = await inBatches(snapshot, start, events, sizes, lateMs);
        const plain = entries.map(({ kind, flagId, ruleId, earnedAt }) => [kind, flagId, ruleId, earnedAt]);
        expect({ ...state, entries: plain }).toEqual(oneByOne(snapshot, start, events));
      }),
      { numRuns: 1_000 },
    );
  });

  it('unlocks the same in any order where no rule can fall', async () => {
    const atLeast = fc
      .tuple(
        fc.constantFrom('actionCount', 'actionSum', 'activeDays'),
        fc.constantFrom('a', 'b'),
        fc.integer({ min: 1, max: 6 }),
      )
      .map(
        ([fact, action, value]): JsonObject => ({ fact, params: { action }, operator: 'greaterThanInclusive', value }),
      );
    const flags = fc.array(fc.tuple(fc.array(atLeast, { minLength: 1, maxLength: 2 }), fc.boolean()), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(flags, eventsFrom, fc.infiniteStream(fc.nat()), async (rules, events, picks) => {
        const snapshot = snapshotOf(
          rules.map(([all, chained], i) =>
            latchingFlag(`f${i}`, {
              all: [...all, ...(chained && i > 0 ? (afterUnlocking(`f${i - 1}`).all as JsonObject[]) : [])],
            }),
          ),
        );
        const start = { user: userOf(), dueAt: undefined };
        const positive = events.map((event) => ({ ...event, value: Math.abs(event.value) }));
        const shuffled = positive.toSorted(() => (picks.next().value! % 2) * 2 - 1);
        const unlocked = async (list: readonly NewEvent[]) =>
          (
            await inBatches(
              snapshot,
              start,
              list.map((event, i) => ({ ...event, receivedAt: NOW + i })),
              [3],
            )
          ).entries
            .map(({ flagId }) => flagId)
            .toSorted();
        expect(await unlocked(shuffled)).toEqual(await unlocked(positive));
      }),
    );
  });

  const event = (n: number, given: Partial<NewEvent> = {}): NewEvent => {
    const receivedAt = NOW + n * MINUTE_MS;
    return {
      id: `${n}`,
      source: '',
      userId: 'ada',
      action: 'x',
      value: 1,
      properties: {},
      receivedAt,
      occurredAt: receivedAt,
      ...given,
    };
  };
  const exactly = (value: number): JsonObject => ({
    all: [{ fact: 'actionCount', params: { action: 'x' }, operator: 'equal', value }],
  });
  const judge = (flags: readonly Flag[], events: readonly NewEvent[], user = userOf(), dueAt?: number) =>
    judgeEvents({ before: user, events }, judging(snapshotOf(flags), NOW + DAY_MS), { organization: undefined, dueAt });

  it('finds what holds between two events of a batch alone, with the event as its cause and when that was received', () => {
    const { entries } = judge(
      [latchingFlag('third', exactly(3))],
      [1, 2, 3, 4, 5].map((n) => event(n)),
    );
    const cause = { type: 'event', source: '', eventId: '3', action: 'x' };
    expect(entries).toMatchObject([
      { flagId: 'flg_third', earnedAt: NOW + 3 * MINUTE_MS, recordedAt: NOW + DAY_MS, cause },
    ]);
  });

  it('judges as of no earlier instant than the last write about the user, nor than the change of the rule', () => {
    const [writtenAt, changedAt] = [NOW + 2 * MINUTE_MS, NOW + 4 * MINUTE_MS];
    const changed = (key: string, conditions: JsonObject) =>
      flagOf(key, { rules: [ruleOf(`rul_${key}`, { policy: 'LATCHING', conditions, changedAt })] });
    const flags = [
      latchingFlag('first', exactly(1)),
      changed('second', exactly(2)),
      latchingFlag('after', afterUnlocking('second')),
      changed('chained', afterUnlocking('first')),
    ];
    const { entries, user } = judge(flags, [event(1), event(3)], userOf({ writtenAt }));
    expect(entries.map(({ flagId, earnedAt }) => [flagId, earnedAt])).toEqual([
      ['flg_first', writtenAt],
      ['flg_chained', changedAt],
      ['flg_second', changedAt],
      ['flg_after', changedAt],
    ]);
    expect(user.writtenAt).toBe(changedAt);
  });

  it('dates what the event set going by when that was due, also where another rule of the flag was changed later', () => {
    const day: JsonObject = {
      all: [{ fact: 'daysSinceAction', params: { action: 'x' }, operator: 'greaterThanInclusive', value: 1 }],
    };
    const rules = [
      ruleOf('idle', { policy: 'LATCHING', conditions: day }),
      ruleOf('later', { policy: 'LATCHING', conditions: exactly(9), changedAt: NOW + 2 * DAY_MS }),
    ];
    const { entries, user } = judge([flagOf('both', { rules })], [event(0)]);
    expect(entries).toMatchObject([{ ruleId: 'idle', earnedAt: NOW + DAY_MS, cause: { type: 'time' } }]);
    expect(user.writtenAt).toBe(NOW + 2 * DAY_MS);
  });

  it('judges by every flag who is new, or comes back after a deletion, and nobody twice', () => {
    const unverified: JsonObject = { all: [{ fact: 'emailVerified', operator: 'equal', value: false }] };
    const flags = [latchingFlag('other', unverified)];
    const deleted = { ...unknownUser('ada'), revision: 7, deletedAt: NOW - DAY_MS };
    expect(judge(flags, [event(1)], unknownUser('ada')).entries).toHaveLength(1);
    expect(judge(flags, [event(1)], deleted).entries).toHaveLength(1);
    expect(judge(flags, [event(1)], { ...deleted, joinedAt: NOW }).entries).toEqual([]);
  });

  it('tells what flipped for all events together', () => {
    const live = (key: string, conditions: JsonObject) => flagOf(key, { rules: [ruleOf('r', { conditions })] });
    const flags = [live('passing', exactly(2)), live('staying', exactly(3)), latchingFlag('kept', exactly(2))];
    const { flipped } = judge(
      flags,
      [1, 2, 3].map((n) => event(n)),
    );
    expect(flipped).toEqual({ unlocked: ['kept', 'staying'], locked: [] });
  });

  it('fires a timer that is due between two events, on what the first of them left', () => {
    const rule: JsonObject = {
      all: [
        { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 1 },
        { fact: 'actionCount', params: { action: 'x' }, operator: 'equal', value: 1 },
      ],
    };
    const joined = userOf({ joinedAt: NOW + 2 * MINUTE_MS - DAY_MS });
    const dueAt = NOW + 2 * MINUTE_MS;
    const { entries, flippedByTime, flipped } = judge([latchingFlag('day', rule)], [event(1), event(3)], joined, dueAt);
    expect(entries).toMatchObject([{ flagId: 'flg_day', earnedAt: dueAt, cause: { type: 'time' } }]);
    expect([flippedByTime.unlocked, flipped.unlocked]).toEqual([['day'], []]);
  });

  it('looks at no flag for events that no rule waits for, and at a few for the others', () => {
    const others = Array.from({ length: 200 }, (_, i) =>
      latchingFlag(`other_${i}`, { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] }),
    );
    const flags = [latchingFlag('third', exactly(3)), ...others];
    const many = Array.from({ length: 1_000 }, (_, i) => event(i));
    expect(
      judge(
        flags,
        many.map((one) => ({ ...one, action: 'y' })),
      ).flags,
    ).toBe(0);
    expect(judge(flags, many).flags).toBeLessThan(1_010);
  });
});
